import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The source files and what they import, for the tests of the structure. */

const root = fileURLToPath(new URL('../../../', import.meta.url));
export const SRC = join(root, 'functions/src/');

/** Every folder with an index.ts that defines a module. */
export const MODULES = globSync('*/index.ts', { cwd: SRC })
  .filter((path) => readFileSync(join(SRC, path), 'utf8').includes('defineModule('))
  .map(dirname);
/** Modules that others build on. */
export const BASE_MODULES = ['meta', 'audit', 'directory', 'users'];

interface Import {
  /** Path from `src` for our own files, the package's name for others. */
  readonly target: string;
  readonly typeOnly: boolean;
  /** `import()`: loaded when that line runs. */
  readonly dynamic: boolean;
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly imports: readonly Import[];
}

const readSource = (base: string) => (path: string) => {
  const text = readFileSync(join(base, path), 'utf8');
  const statements = text.matchAll(
    /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\(\s*['"`]([^'"`]+)['"`]/gm,
  );
  const imports = [...statements].map(([, type, name = '', dynamic]) => {
    const specifier = dynamic ?? name;
    const target = specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : specifier;
    return { target, typeOnly: type !== undefined, dynamic: dynamic !== undefined };
  });
  return { path, text, lines: text.split('\n').length - 1, imports };
};
export const files: readonly SourceFile[] = globSync('**/*.ts', { cwd: SRC }).map(readSource(SRC));
/** Code that is not deployed with the functions. */
export const otherFiles: readonly SourceFile[] = globSync(
  '{aws,bench,functions/cli,packages,tools}/**/*.{ts,mjs}',
  {
    cwd: root,
    exclude: ['**/node_modules'],
  },
).map(readSource(root));
export const byPath = new Map(files.map((file) => [file.path, file]));

/** First folder, or the name of a file directly in `src`. */
export const folder = (path: string) => path.split('/')[0] ?? '';
export const isOurs = (target: string) => byPath.has(target);
export const importers = (matches: (target: string) => boolean) =>
  files.filter(({ imports }) => imports.some(({ target }) => matches(target))).map(({ path }) => path);
export const isPackage = (name: string) => (target: string) =>
  target === name || target.startsWith(`${name}/`);
