import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const functions = fileURLToPath(new URL('../../', import.meta.url));
const require = createRequire(`${functions}package.json`);

/** The packages that are imported on first use, and whether the default export is used. */
const found = globSync('src/**/*.ts', { cwd: functions }).flatMap((path) => {
  const text = readFileSync(`${functions}${path}`, 'utf8');
  const imports = text.matchAll(/\bimport\('([^'./][^']*)'\)\)?(\.default\b)?/g);
  return [...imports].map(([, name = '', byDefault]) => ({ path, name, byDefault: byDefault !== undefined }));
});

/** Is it CommonJS only? Node detects the named exports of such a package, but a bundler does not. */
function isCommonJs(name: string): boolean {
  const [scope = '', rest = ''] = name.split('/');
  const root = scope.startsWith('@') ? `${scope}/${rest}` : scope;
  const { type, exports } = JSON.parse(
    readFileSync(`${functions}node_modules/${root}/package.json`, 'utf8'),
  ) as { type?: string; exports?: unknown };
  return type !== 'module' && !JSON.stringify(exports ?? {}).includes('"import"');
}

describe('packages that are imported on first use', () => {
  it('are found in the sources', () => {
    assert.ok(found.length >= 3, JSON.stringify(found));
    for (const { name } of found) assert.ok(require.resolve(name), name);
  });

  for (const { path, name, byDefault } of found) {
    it(`work in a bundle with chunks: ${name} in ${path}`, () => {
      assert.ok(byDefault || !isCommonJs(name), 'a bundled CommonJS package has only a default export');
    });
  }
});
