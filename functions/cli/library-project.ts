import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const PACKAGE = '@gatehouse/functions';

/**
 * In a project with the library, loads its functions, as the Firebase CLI does to list them: only the code that calls
 * `createGatehouse` knows the roles. Before any module that reads the configuration.
 *
 * @throws Error if the functions are not built, or fail
 */
export async function loadLibraryProject(folder = process.cwd()): Promise<void> {
  const manifest = [join(folder, 'functions'), folder]
    .map((one) => join(one, 'package.json'))
    .find(dependsOnUs);
  if (manifest === undefined) return;
  const { main = 'index.js' } = JSON.parse(readFileSync(manifest, 'utf8'));
  const file = join(dirname(manifest), main);
  if (!existsSync(file)) throw new Error(`gatehouse: ${file} does not exist: build your functions first.`);
  const { FUNCTIONS_CONTROL_API } = process.env;
  process.env.FUNCTIONS_CONTROL_API = 'true';
  try {
    await import(pathToFileURL(file).href);
  } finally {
    if (FUNCTIONS_CONTROL_API === undefined) delete process.env.FUNCTIONS_CONTROL_API;
    else process.env.FUNCTIONS_CONTROL_API = FUNCTIONS_CONTROL_API;
  }
}

function dependsOnUs(manifest: string): boolean {
  if (!existsSync(manifest)) return false;
  const { dependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8'));
  return Object.hasOwn(dependencies, PACKAGE);
}
