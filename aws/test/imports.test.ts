import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path/posix';
import { fileURLToPath } from 'node:url';
import { buildZip } from '../scripts/build.ts';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
/** The roles and permissions of authz are those of the configuration, which imports only core. */
const LAYERS = /^\.\.\/functions\/(src\/(core|authz|authn)\/|gatehouse\.config\.ts$)/;
const PACKAGES = /^\.\.\/functions\/node_modules\/(jose|zod|lru-cache)\//;
const OWN = /^(src\/|authorizer\.config\.ts$)/;

describe('imports of the package', () => {
  it('name only its own files, core, authz and authn, and types of AWS', () => {
    const files = ['authorizer.config.ts', ...globSync('src/**/*.ts', { cwd: PACKAGE })];
    const targets = files.flatMap((file) =>
      [...readFileSync(join(PACKAGE, file), 'utf8').matchAll(/(?:\bfrom|\bimport\s*\(?)\s*'([^']+)'/g)].map(
        ([, name = '']) => (name.startsWith('.') ? normalize(join(dirname(file), name)) : name),
      ),
    );
    assert.ok(targets.length > 30);
    const others = targets.filter(
      (target) =>
        !OWN.test(target) &&
        !LAYERS.test(target) &&
        !builtinModules.includes(target.replace('node:', '')) &&
        target !== 'aws-lambda',
    );
    assert.deepEqual(others, []);
  });

  it('reach no other file of functions, no Firebase package and no web server', async () => {
    const { inputs } = await buildZip(join(PACKAGE, 'authorizer.config.ts'));
    assert.ok(inputs.some((path) => LAYERS.test(path)) && inputs.some((path) => PACKAGES.test(path)));
    assert.deepEqual(
      inputs.filter((path) => !OWN.test(path) && !LAYERS.test(path) && !PACKAGES.test(path)),
      [],
    );
  });
});
