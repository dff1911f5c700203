import assert from 'node:assert/strict';
import { loadConfig } from '../../src/config.ts';

const PRODUCTION = { GCLOUD_PROJECT: 'shop', K_CONFIGURATION: 'api' };
const EMULATOR = { GCLOUD_PROJECT: 'demo-shop', FUNCTIONS_EMULATOR: 'true' };
const load = (issuers: unknown, env: Record<string, string> = PRODUCTION) =>
  loadConfig({ ...env, TRUSTED_ISSUERS: typeof issuers === 'string' ? issuers : JSON.stringify(issuers) });

const COGNITO = {
  ...{ type: 'cognito', region: 'eu-west-1', userPoolId: 'eu-west-1_AbC123' },
  ...{ clientIds: ['web'], tokenUse: 'access' },
};
const OIDC = { type: 'oidc', issuer: 'https://login.example.com', audience: 'api' };
const LOCAL = { ...OIDC, issuer: 'http://127.0.0.1:9000' };

describe('config: TRUSTED_ISSUERS', () => {
  it('becomes profiles, frozen', () => {
    const { trustedIssuers } = load([COGNITO, OIDC]);
    assert.deepEqual(
      trustedIssuers.map(({ type }) => type),
      ['cognito', 'oidc'],
    );
    assert.ok(Object.isFrozen(trustedIssuers));
  });

  it('may be on this machine in the emulator alone', () => {
    assert.equal(load([LOCAL], EMULATOR).trustedIssuers[0]?.issuer, 'http://127.0.0.1:9000');
    assert.throws(() => load([LOCAL]), /\n {2}TRUSTED_ISSUERS: 0\.issuer: only in the emulator$/);
    assert.throws(() => load([LOCAL], { ...EMULATOR, K_CONFIGURATION: 'api' }), /refuses to start/);
  });

  const wrong: Record<string, readonly [setting: unknown, line: string]> = {
    'another region': [[{ ...COGNITO, region: 'eu-west-2' }], '0.userPoolId: is of another region'],
    'no client': [[{ ...COGNITO, clientIds: [] }], '0.clientIds: is empty'],
    'a privileged permission for a group': [
      [OIDC, { ...COGNITO, map: { groups: { boss: ['roles:assign'] } } }],
      '1.map.groups.boss.0: is privileged: give a grant in the directory instead',
    ],
    'a typing mistake': [[{ ...OIDC, audiance: 'x' }], '0: has an unknown field: audiance'],
    'this project’s own Firebase': [
      [{ type: 'firebase', projectId: 'shop' }],
      '0.type: this project’s Firebase needs no entry',
    ],
    'what is no JSON': [
      "[{'type':'oidc'}]",
      "is not JSON: Expected property name or '}' in JSON at position 2 (line 1 column 3)",
    ],
  };
  for (const [what, [setting, line]] of Object.entries(wrong)) {
    it(`is refused by name with ${what}`, () => {
      assert.throws(() => load(setting), {
        message: `Gatehouse cannot start, these parameters are wrong:\n  TRUSTED_ISSUERS: ${line}`,
      });
    });
  }

  it('has a line for each thing that is wrong', () => {
    const lines = /\n {2}TRUSTED_ISSUERS: 0\.region: .*\n {2}TRUSTED_ISSUERS: 1\.issuer: /s;
    assert.throws(
      () =>
        load([
          { ...COGNITO, region: 'x' },
          { ...OIDC, issuer: 'x' },
        ]),
      lines,
    );
  });
});
