import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { openWorld, type World } from './world.ts';
import { buildZip, startLambda } from './zip.ts';

describe('the zip', function () {
  this.timeout(60_000);
  let world: World;
  let code: string;

  before(async () => {
    world = await openWorld();
    code = readFileSync(join(world.folder, 'index.mjs'), 'utf8');
  });

  after(() => world.close());

  it('is one file, and well under a megabyte', () => {
    assert.deepEqual(world.files, ['index.mjs']);
    assert.ok(world.zip.length < 1_000_000, `${world.zip.length} bytes`);
  });

  it('is the same, byte for byte, when it is built again', () => {
    assert.ok(buildZip().equals(world.zip));
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

  it('exports the authorizer, and what makes others', async () => {
    const lambda = await world.start();
    assert.deepEqual(lambda.names, ['authorizer', 'createAuthorizer', 'withAuth']);
    await lambda.stop();
  });

  it('fetches nothing when it starts', async () => {
    const before = world.keys.requests.length;
    const lambda = await world.start();
    await lambda.stop();
    assert.equal(world.keys.requests.length, before);
  });

  const trusted = JSON.stringify([{ type: 'firebase', projectId: 'shop-1234' }]);
  for (const [what, env, message] of [
    ['without anybody to trust', {}, /TRUSTED_ISSUERS names nobody/],
    ['with settings that are no JSON', { TRUSTED_ISSUERS: '[' }, /TRUSTED_ISSUERS: is not JSON/],
    [
      'with an issuer of plain HTTP',
      {
        TRUSTED_ISSUERS: '[{"type":"oidc","issuer":"http://127.0.0.1:1/","audience":"a"}]',
        FUNCTIONS_EMULATOR: 'true',
      },
      /only in the emulator/,
    ],
    [
      'with a route that asks for an unknown permission',
      { TRUSTED_ISSUERS: trusted, ROUTES: '[{"method":"GET","path":"/a","access":"notes:eat"}]' },
      /ROUTES: 0\.access/,
    ],
    [
      'with TLS unchecked',
      { TRUSTED_ISSUERS: trusted, NODE_TLS_REJECT_UNAUTHORIZED: '0' },
      /NODE_TLS_REJECT_UNAUTHORIZED/,
    ],
  ] as const) {
    it(`does not start ${what}, and says why`, async () => {
      await assert.rejects(startLambda(world.folder, env), message);
    });
  }
});
