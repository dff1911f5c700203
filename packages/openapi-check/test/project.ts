import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createOpenApiDocument } from '../../../functions/scripts/openapi-document.ts';
import { codeBlocks, REPOSITORY } from '../../../functions/test/helpers/docs.ts';
import { buildPackage } from '../../client/scripts/build.ts';

/** A project that follows the guide, in a folder of its own. */

const PACKAGE = join(import.meta.dirname, '..');
/** Below the package, so that its dependencies are found. */
export const PROJECT = join(PACKAGE, 'generated');
const GUIDE = 'docs/guides/generated-client.md';
const ADDRESS = 'http://127.0.0.1:5002/api/v1/openapi.json';

const blocks = codeBlocks(GUIDE);
/** The commands of the guide, without `npx`. */
export const COMMANDS = blocks
  .filter(({ language }) => language === 'sh')
  .flatMap(({ code }) => code.trim().split('\n'))
  .map((line) => {
    const [, name = '', version = '', rest = ''] = /^npx (@?[^@]+)@(\S+) (.+)$/.exec(line) ?? [];
    return { name, version, arguments: rest.split(' ') };
  });

const TSCONFIG = {
  compilerOptions: {
    ...{ target: 'es2022', lib: ['es2022', 'dom', 'dom.iterable'], module: 'nodenext', outDir: 'js' },
    ...{ strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: false, types: [] },
  },
  include: ['**/*.ts'],
};

/** @throws with the output of a program that fails */
export async function run(program: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const options = { cwd: PROJECT, env, maxBuffer: 2 ** 24 };
  const { stdout } = await promisify(execFile)(join(PACKAGE, 'node_modules', '.bin', program), args, options);
  return stdout;
}

/** Installs packages/client, as npm would. */
async function installClient(): Promise<void> {
  const installed = join(PROJECT, 'node_modules/@gatehouse/client');
  await buildPackage(join(installed, 'dist'));
  cpSync(join(REPOSITORY, 'packages/client/package.json'), join(installed, 'package.json'));
  const dependencies = join(REPOSITORY, 'functions/node_modules/@simplewebauthn');
  symlinkSync(dependencies, join(PROJECT, 'node_modules/@simplewebauthn'));
}

/** Writes the document and the code of the guide, and runs its commands. */
export async function createProject(): Promise<void> {
  rmSync(PROJECT, { recursive: true, force: true });
  mkdirSync(PROJECT, { recursive: true });
  writeFileSync(join(PROJECT, 'openapi.json'), JSON.stringify(createOpenApiDocument()));
  writeFileSync(join(PROJECT, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(PROJECT, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  await installClient();
  for (const { language, code } of blocks) {
    const [, name] = /^\/\/ (\S+\.ts)\n/.exec(code) ?? [];
    if (language === 'ts' && name !== undefined) writeFileSync(join(PROJECT, name), code);
  }
  for (const { name, arguments: args } of COMMANDS) {
    await run(
      name === '@hey-api/openapi-ts' ? 'openapi-ts' : name,
      ...args.map((arg) => (arg === ADDRESS ? 'openapi.json' : arg)),
    );
  }
}
