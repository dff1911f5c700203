import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const functions = fileURLToPath(new URL('../../', import.meta.url));
const require = createRequire(`${functions}package.json`);

/** Packages that are imported when first needed, and how. */
const found = globSync('src/**/*.ts', { cwd: functions }).flatMap((path) => {
  const text = readFileSync(`${functions}${path}`, 'utf8');
  const imports = text.matchAll(/\bimport\('([^'./][^']*)'\)\)?(\.default\b)?/g);
  return [...imports].map(([, name = '', byDefault]) => ({ path, name, byDefault: byDefault !== undefined }));
});

/** Has it no file for `import`? Then what it exports is found out by reading it, which a bundler does not do. */
function isCommonJs(name: string): boolean {
  const [scope = '', rest = ''] = name.split('/');
  const root = scope.startsWith('@') ? `${scope}/${rest}` : scope;
  const { type, exports } = JSON.parse(
    readFileSync(`${functions}node_modules/${root}/package.json`, 'utf8'),
  ) as { type?: string; exports?: unknown };
  return type !== 'module' && !JSON.stringify(exports ?? {}).includes('"import"');
}

describe('what is imported when first needed', () => {
  it('was found', () => {
    assert.ok(found.length >= 3, JSON.stringify(found));
    for (const { name } of found) assert.ok(require.resolve(name), name);
  });

  for (const { path, name, byDefault } of found) {
    it(`is there in a bundle in parts: ${name} for ${path}`, () => {
      assert.ok(byDefault || !isCommonJs(name), 'a CommonJS package has a default there, and no names');
    });
  }
});
