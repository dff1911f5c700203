import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const src = join(root, 'functions/src/');

/** Every folder with an index.ts that defines a module. */
const MODULES = globSync('*/index.ts', { cwd: src })
  .filter((path) => readFileSync(join(src, path), 'utf8').includes('defineModule('))
  .map(dirname);
/** Modules that others build on. */
const BASE_MODULES = ['meta', 'audit', 'directory', 'users'];

/** Lowest first. A file imports its own layer and lower ones. */
const LAYERS: readonly (readonly string[])[] = [
  ['core'],
  ['authz'],
  ['authn'],
  ['product-config.ts'],
  ['config.ts'],
  ['platform'],
  ['pipeline'],
  ['audit'],
  ['directory'],
  // In the order of app.ts: a module may use one before it.
  ['meta'],
  ['users'],
  MODULES.filter((name) => !BASE_MODULES.includes(name)),
  ['http', 'callable'],
  ['app.ts'],
  ['index.ts'],
];

/** Where Cloud Functions are defined, parameters are read, and lines are logged. */
const USES_FIREBASE_FUNCTIONS = [
  'index.ts',
  'config.ts',
  'callable/callable.ts',
  'callable/check-call.ts',
  'directory/sync/reconcile-schedule.ts',
  'platform/logging/log.ts',
  'sign-up/blocking-functions.ts',
  'sign-up/user-events.ts',
];

/** Loaded on first use, because each slows down a cold start. */
const LAZY = [
  '@google-cloud/firestore',
  'firebase-admin',
  'jose',
  'oidc-provider',
  'rate-limiter-flexible',
  'http/app.ts',
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
const files: readonly SourceFile[] = globSync('**/*.ts', { cwd: src }).map(readSource(src));
/** Code that is not deployed with the functions. */
const otherFiles: readonly SourceFile[] = globSync('{aws,bench,packages,tools}/**/*.{ts,mjs}', {
  cwd: root,
  exclude: ['**/node_modules'],
}).map(readSource(root));
const byPath = new Map(files.map((file) => [file.path, file]));

/** First folder, or the name of a file directly in `src`. */
const folder = (path: string) => path.split('/')[0] ?? '';
const rank = (path: string) => LAYERS.findIndex((layer) => layer.includes(folder(path)));
const isOurs = (target: string) => byPath.has(target);
const importers = (matches: (target: string) => boolean) =>
  files.filter(({ imports }) => imports.some(({ target }) => matches(target))).map(({ path }) => path);
const isPackage = (name: string) => (target: string) => target === name || target.startsWith(`${name}/`);

function importCycles(sources: readonly SourceFile[]): string[] {
  const importsOf = new Map(sources.map(({ path, imports }) => [path, imports]));
  const done = new Set<string>();
  const cycles: string[] = [];
  function visit(path: string, trail: readonly string[]): void {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
    if (trail.includes(path) || done.has(path)) return;
    for (const { target } of importsOf.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  }
  for (const { path } of sources) visit(path, []);
  return cycles;
}

describe('structure', () => {
  it('reads every source file and its imports', () => {
    assert.ok(files.length > 30);
    assert.ok(BASE_MODULES.every((name) => MODULES.includes(name)) && MODULES.length > BASE_MODULES.length);
    const targets = byPath.get('index.ts')?.imports.map(({ target }) => target);
    assert.ok(targets?.includes('firebase-functions/https') && targets.includes('config.ts'));
  });

  it('has a layer for every file and folder of src', () => {
    assert.deepEqual(
      files.map(({ path }) => path).filter((path) => rank(path) < 0),
      [],
    );
  });

  it('imports only its own layer and lower ones', () => {
    const upward = files.flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => isOurs(target) && rank(target) > rank(path))
        .map(({ target }) => `${path} imports ${target}`),
    );
    assert.deepEqual(upward, []);
  });

  it('imports another module only through its index.ts', () => {
    const inside = files.flatMap(({ path, imports }) =>
      imports
        .map(({ target }) => target)
        .filter((target) => isOurs(target) && MODULES.includes(folder(target)))
        .filter((target) => folder(target) !== folder(path) && !target.endsWith('/index.ts'))
        .map((target) => `${path} imports ${target}`),
    );
    assert.deepEqual(inside, []);
  });

  it('has a gatehouse.config.ts that imports only `defineConfig`', () => {
    const text = readFileSync(join(src, '../gatehouse.config.ts'), 'utf8');
    const imported = [...text.matchAll(/^import [^']*'([^']+)'/gm)].map(([, target]) => target);
    assert.deepEqual(imported, ['./src/core/gatehouse-config.ts']);
    assert.deepEqual(byPath.get('core/gatehouse-config.ts')?.imports, []);
  });

  it('has no import cycle, type imports counted', () => {
    assert.deepEqual(importCycles(files), []);
  });

  it('has no import cycle in aws/, bench/, packages/ and tools/, type imports counted', () => {
    assert.ok(otherFiles.length > 100);
    assert.deepEqual(importCycles(otherFiles), []);
  });

  it('imports Express only in http/', () => {
    assert.deepEqual([...new Set(importers(isPackage('express')).map(folder))], ['http']);
    // Callables handle CORS without Express.
    assert.deepEqual([...new Set(importers(isPackage('cors')).map(folder))].sort(), ['callable', 'http']);
  });

  it('imports firebase-functions only for functions, parameters and the log', () => {
    assert.deepEqual(importers(isPackage('firebase-functions')).sort(), USES_FIREBASE_FUNCTIONS.toSorted());
  });

  it('reads the environment only in config.ts', () => {
    const readers = files.filter(({ text }) => /process\s*(\?\.|\.|\[)\s*['"]?env\b|node:process/.test(text));
    assert.deepEqual(
      readers.map(({ path }) => path),
      ['config.ts'],
    );
  });

  it('loads heavy packages and the HTTP API on first use', () => {
    for (const { path, imports } of files) {
      const eager = imports.filter(({ typeOnly, dynamic }) => !typeOnly && !dynamic);
      const heavy = eager.filter(({ target }) => LAZY.some((name) => isPackage(name)(target)));
      assert.deepEqual(heavy, [], path);
    }
    assert.ok(files.flatMap(({ imports }) => imports.filter(({ dynamic }) => dynamic)).length > 5);
  });

  it('loads the Firestore SDK only in platform/', () => {
    assert.deepEqual(importers(isPackage('firebase-admin/firestore')), ['platform/platform.ts']);
  });

  it('uses Firestore only in platform/ and modules, not to verify or decide', () => {
    const users = importers(
      (target) => target.startsWith('platform/firestore/') || isPackage('@google-cloud/firestore')(target),
    );
    assert.ok(users.length > 3);
    assert.deepEqual(
      users.filter((path) => ![...MODULES, 'platform'].includes(folder(path))),
      [],
    );
  });

  it('creates audit events only in audit/, and never changes one', () => {
    const users = files.filter(({ text }) => /\bAUDIT_EVENTS\b|['"`]auditEvents\b/.test(text));
    assert.ok(users.length > 0);
    for (const { path, text } of users) {
      assert.equal(folder(path), 'audit', path);
      assert.doesNotMatch(text, /\.(set|update|delete)\(/, path);
    }
  });

  it('uses only packages at run time that package.json declares', () => {
    const { dependencies } = JSON.parse(readFileSync(join(src, '../package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    for (const { path, imports } of files) {
      for (const { target, typeOnly } of imports) {
        if (typeOnly || /\.(ts|json)$/.test(target) || target.startsWith('node:')) continue;
        const name = target.split('/', target.startsWith('@') ? 2 : 1).join('/');
        assert.ok(Object.hasOwn(dependencies, name), `${path} imports ${target}`);
      }
    }
  });

  it('has no file of more than 300 lines, and names in kebab case', () => {
    for (const { path, lines } of files) {
      assert.ok(lines <= 300, `${path} has ${lines} lines`);
      assert.match(path, /^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.ts$/);
    }
  });
});
