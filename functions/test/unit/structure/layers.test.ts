import assert from 'node:assert/strict';
import {
  BASE_MODULES,
  byPath,
  files,
  folder,
  isOurs,
  MODULES,
  otherFiles,
  type SourceFile,
} from '../../helpers/source-files.ts';

/** Lowest first. A file imports its own layer and lower ones. */
const LAYERS: readonly (readonly string[])[] = [
  ['core'],
  ['authz'],
  ['authn'],
  ['product-config.ts', 'passkey-config.ts', 'distribution.ts', 'parameter-values.ts'],
  ['config.ts'],
  ['platform'],
  ['pipeline'],
  ['audit'],
  ['directory'],
  // In the order of base-modules.ts: a module may use one before it.
  ['meta'],
  ['users'],
  [...MODULES.filter((name) => !BASE_MODULES.includes(name)), 'mfa'],
  ['http', 'callable'],
  ['base-modules.ts'],
  ['modules.ts'],
  ['app.ts'],
  ['protection.ts'],
  ['gatehouse.ts'],
  ['library', 'index.ts'],
];

const rank = (path: string) => LAYERS.findIndex((layer) => layer.includes(folder(path)));
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

describe('structure: layers, modules and cycles', () => {
  it('reads every source file and its imports', () => {
    assert.ok(files.length > 30);
    assert.ok(BASE_MODULES.every((name) => MODULES.includes(name)) && MODULES.length > BASE_MODULES.length);
    const targets = byPath.get('gatehouse.ts')?.imports.map(({ target }) => target);
    assert.ok(targets?.includes('firebase-functions/https') && targets.includes('app.ts'));
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

  it('has no import cycle, type imports counted', () => {
    assert.deepEqual(importCycles(files), []);
  });

  it('has no import cycle in the code that is not deployed, type imports counted', () => {
    assert.ok(otherFiles.length > 100);
    assert.deepEqual(importCycles(otherFiles), []);
  });
});
