import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Built } from '../../scripts/build.ts';
import { buildWith, startLambda, unpack, writeConfig } from '../helpers/zip.ts';
import { openZipEnvironment, ROUTES, type ZipEnvironment } from '../helpers/zip-environment.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/build.ts', import.meta.url));
const ZIP = fileURLToPath(new URL('../../dist/gatehouse-lambda.zip', import.meta.url));

describe('the zip', function () {
  this.timeout(60_000);
  let environment: ZipEnvironment;
  let built: Built;
  let unpacked: ReturnType<typeof unpack>;
  let code: string;

  before(async () => {
    environment = await openZipEnvironment();
    built = await buildWith(environment.configOf(ROUTES));
    unpacked = unpack(built.zip);
    code = readFileSync(join(unpacked.folder, 'index.mjs'), 'utf8');
  });

  after(async () => {
    unpacked.remove();
    await environment.close();
  });

  it('is one file, and well under a megabyte', () => {
    assert.deepEqual(unpacked.files, ['index.mjs']);
    assert.ok(built.zip.length < 1_000_000, `${built.zip.length} bytes`);
  });

  it('is the same, byte for byte, when it is built again', async () => {
    assert.deepEqual((await buildWith(environment.configOf(ROUTES))).zip, built.zip);
  });

  it('contains nothing of Firebase, and no web server', () => {
    const found = code.match(
      /firebase-(admin|functions)|@google-cloud|google-(auth-library|gax)|initializeApp|node_modules\/(express|cors|helmet)\b|directory\/|FIRESTORE/g,
    );
    assert.equal(found, null);
  });

  it('imports nothing but what Node has', () => {
    const named = [...code.matchAll(/(?:\bfrom|\bimport\s*\(?|\brequire\s*\()\s*["']([^"']+)["']/g)];
    const foreign = named
      .map(([, specifier = '']) => specifier)
      .filter((specifier) => !builtinModules.includes(specifier.replace('node:', '')));
    assert.ok(named.length > 1);
    assert.deepEqual(foreign, []);
  });

  it('exports the authorizer and the middleware', async () => {
    const lambda = await environment.start();
    assert.deepEqual(lambda.names, ['authorizer', 'withAuth']);
    await lambda.stop();
  });

  it('fetches nothing when it starts', async () => {
    const before = environment.keys.requests.length;
    const lambda = await environment.start();
    await lambda.stop();
    assert.equal(environment.keys.requests.length, before);
  });

  it('does not start with unverified TLS, and says why', async () => {
    const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    await assert.rejects(
      startLambda(unpacked.folder, env),
      /Invalid configuration: NODE_TLS_REJECT_UNAUTHORIZED/,
    );
  });

  for (const [what, change, message] of [
    ['without issuers', { trustedIssuers: [] }, /trustedIssuers: is empty/],
    [
      'with an issuer of plain HTTP',
      { trustedIssuers: [{ type: 'oidc', issuer: 'http://127.0.0.1:1/', audience: 'a' }] },
      /trustedIssuers\[0\]\.issuer: only in the emulator/,
    ],
    [
      'with a route that asks for an unknown permission',
      { routes: [{ method: 'GET', path: '/a', access: { permission: 'notes:eat' } }] },
      /routes\[0\]\.access\.permission/,
    ],
  ] as const) {
    it(`is not built ${what}, with the path of the field`, async () => {
      const config = Object.assign({}, environment.configOf(ROUTES), change);
      await assert.rejects(buildWith(config), { message });
    });
  }

  it('is not written by a build with a wrong configuration, which fails with the path', () => {
    const before = existsSync(ZIP) ? statSync(ZIP).mtimeMs : undefined;
    const { file, remove } = writeConfig({ trustedIssuers: [], routes: null });
    const { status, stderr } = spawnSync(process.execPath, [SCRIPT, `--config=${file}`], {
      encoding: 'utf8',
    });
    remove();
    assert.equal(status, 1);
    assert.equal(
      stderr,
      'Invalid configuration: trustedIssuers: is empty, and there is no firebaseProjectId\n',
    );
    assert.equal(existsSync(ZIP) ? statSync(ZIP).mtimeMs : undefined, before);
  });

  it('is written by a build with the configuration of this package', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^aws\/dist\/gatehouse-lambda\.zip: \d+ bytes, \d+ unpacked\n$/);
    const { files, remove } = unpack(readFileSync(ZIP));
    remove();
    assert.deepEqual(files, ['index.mjs']);
  });
});
