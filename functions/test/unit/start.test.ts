import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { declaredParams } from 'firebase-functions/params';
import { mfaEncryptionKeys } from '../../src/config.ts';

const functions = new URL('../../', import.meta.url);
const MFA_ENCRYPTION_KEYS = `k1:${Buffer.alloc(32, 1).toString('base64url')}`;
const PRODUCTION = {
  ...{ GCLOUD_PROJECT: 'shop', K_CONFIGURATION: 'api', K_SERVICE: 'api', FUNCTION_TARGET: 'api' },
  MFA_ENCRYPTION_KEYS,
};

/** A separate process that loads the deployed entry point, with only this environment. */
function start(env: Record<string, string>) {
  const entry = fileURLToPath(new URL('src/index.ts', functions));
  return spawnSync(process.execPath, [entry], { env, encoding: 'utf8', timeout: 60_000 });
}

describe('start', () => {
  it('succeeds in production', () => {
    const { status, stderr } = start(PRODUCTION);
    assert.equal(status, 0, stderr);
  }).timeout(60_000);

  const bad: Record<string, Record<string, string>> = {
    FIREBASE_AUTH_EMULATOR_HOST: { ...PRODUCTION, FIREBASE_AUTH_EMULATOR_HOST: '127.0.0.1:9099' },
    NODE_TLS_REJECT_UNAUTHORIZED: { ...PRODUCTION, NODE_TLS_REJECT_UNAUTHORIZED: '0' },
    FUNCTIONS_EMULATOR: { ...PRODUCTION, FUNCTIONS_EMULATOR: 'true' },
    'Invalid configuration: APP_CHECK:': { ...PRODUCTION, APP_CHECK: 'yes' },
    GATEHOUSE_EMULATOR_CONFIG: { ...PRODUCTION, GATEHOUSE_EMULATOR_CONFIG: '{}' },
    'Invalid configuration: defaultRole:': {
      ...{ GCLOUD_PROJECT: 'demo-shop', FUNCTIONS_EMULATOR: 'true' },
      GATEHOUSE_EMULATOR_CONFIG: '{"defaultRole":"owner"}',
    },
    GCLOUD_PROJECT: {},
    'Invalid configuration: MFA_ENCRYPTION_KEYS: is missing': { ...PRODUCTION, MFA_ENCRYPTION_KEYS: '' },
    'Invalid configuration: MFA_ENCRYPTION_KEYS: key k1 has 3 bytes': {
      ...PRODUCTION,
      MFA_ENCRYPTION_KEYS: 'k1:AAAA',
    },
  };
  for (const [name, env] of Object.entries(bad)) {
    it(`ends the process before any request, naming ${name}`, () => {
      const { status, stderr } = start(env);
      assert.equal(status, 1, stderr);
      assert.match(stderr, new RegExp(name));
    }).timeout(60_000);
  }

  for (const name of ['setUserRoles', 'reconcileAccess']) {
    it(`succeeds without the keys of second factors as ${name}, which has no use for them`, () => {
      const { status, stderr } = start({ ...PRODUCTION, FUNCTION_TARGET: name, MFA_ENCRYPTION_KEYS: '' });
      assert.equal(status, 0, stderr);
    }).timeout(60_000);
  }

  it('succeeds when the CLI loads the exports without any configuration', () => {
    const { status, stderr } = start({ FUNCTIONS_CONTROL_API: 'true' });
    assert.equal(status, 0, stderr);
  }).timeout(60_000);
});

describe('settings', () => {
  const names = declaredParams.map(({ name }) => name).sort();
  const secrets = [mfaEncryptionKeys.name];

  for (const file of ['.env.example', '.env.demo-gatehouse', '.env.demo-gatehouse-idp']) {
    it(`are exactly those in ${file}, besides the secret`, () => {
      const lines = readFileSync(new URL(file, functions), 'utf8').split('\n');
      const set = lines
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => line.replace(/=.*/, ''))
        .filter((name) => name !== 'GATEHOUSE_EMULATOR_CONFIG');
      assert.deepEqual(
        set.sort(),
        names.filter((name) => !secrets.includes(name)),
      );
    });
  }

  it('are exactly those in the table of docs/reference/configuration.md', function () {
    const page = new URL('../docs/reference/configuration.md', functions);
    if (!existsSync(page)) this.skip();
    const rows = [...readFileSync(page, 'utf8').matchAll(/^\| `([A-Z][A-Z_]+)` \|/gm)].map(
      ([, name]) => name,
    );
    assert.deepEqual(rows.sort(), names);
  });

  it('exist, so that the comparisons above are not empty', () => {
    assert.ok(names.includes('ALLOWED_ORIGINS') && names.length > 10);
    assert.equal(new Set(names).size, names.length);
  });
});
