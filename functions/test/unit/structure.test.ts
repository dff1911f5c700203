import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const src = fileURLToPath(new URL('../../src/', import.meta.url));

/** Lowest first. A file imports its own layer and lower ones. The modules of one row do not import each other's layers. */
const LAYERS: readonly (readonly string[])[] = [
  ['core'],
  ['authz'],
  ['authn'],
  ['config.ts', 'product-config.ts'],
  ['platform'],
  ['pipeline'],
  ['audit'],
  [
    'directory',
    'users',
    'identities',
    'sign-up',
    'token-exchange',
    'notes',
    'http',
    'callable',
    'gateways',
    'deps.ts',
  ],
  ['app.ts'],
  ['index.ts'],
];

interface Import {
  /** Path from `src` for our own files, the package's name for others. */
  readonly target: string;
  readonly typeOnly: boolean;
  /** `import()`: loaded when that line runs. */
  readonly dynamic: boolean;
}

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly imports: readonly Import[];
}

const files: readonly SourceFile[] = globSync('**/*.ts', { cwd: src }).map((path) => {
  const text = readFileSync(join(src, path), 'utf8');
  const statements = text.matchAll(
    /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\(\s*['"`]([^'"`]+)['"`]/gm,
  );
  const imports = [...statements].map(([, type, name = '', dynamic]) => {
    const specifier = dynamic ?? name;
    const target = specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : specifier;
    return { target, typeOnly: type !== undefined, dynamic: dynamic !== undefined };
  });
  return { path, text, lines: text.split('\n').length - 1, imports };
});
const byPath = new Map(files.map((file) => [file.path, file]));

/** First folder, or the file itself where it lies in `src`. */
const folder = (path: string) => path.split('/')[0] ?? '';
const rank = (path: string) => LAYERS.findIndex((layer) => layer.includes(folder(path)));
const isOurs = (target: string) => byPath.has(target);
describe('structure', () => {
  it('reads every source file and its imports', () => {
    assert.ok(files.length > 30);
    const targets = byPath.get('index.ts')?.imports.map(({ target }) => target);
    assert.ok(targets?.includes('firebase-functions/https') && targets.includes('config.ts'));
  });

  it('has a layer for every file and folder of src', () => {
    assert.deepEqual(
      files.map(({ path }) => path).filter((path) => rank(path) < 0),
      [],
    );
  });

  it('imports only the own layer and lower ones', () => {
    const upward = files.flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => isOurs(target) && rank(target) > rank(path))
        .map(({ target }) => `${path} imports ${target}`),
    );
    assert.deepEqual(upward, []);
  });

  it('has a gatehouse.config.ts that everything can import: it imports nothing but what it is written with', () => {
    const text = readFileSync(join(src, '../gatehouse.config.ts'), 'utf8');
    const imported = [...text.matchAll(/^import [^']*'([^']+)'/gm)].map(([, target]) => target);
    assert.deepEqual(imported, ['./src/core/gatehouse-config.ts']);
    assert.deepEqual(byPath.get('core/gatehouse-config.ts')?.imports, []);
  });

  it('has no import cycle, type imports counted', () => {
    const done = new Set<string>();
    const cycles: string[] = [];
    function visit(path: string, trail: readonly string[]): void {
      if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
      if (trail.includes(path) || done.has(path)) return;
      for (const { target } of byPath.get(path)?.imports ?? []) visit(target, [...trail, path]);
      done.add(path);
    }
    for (const { path } of files) visit(path, []);
    assert.deepEqual(cycles, []);
  });
});
