import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readDeployedKeys } from '../../../cli/mfa-keys.ts';
import { readMfaKeys } from '../../../src/core/mfa-keys.ts';
import {
  CALLS,
  functionOf,
  healthyClone,
  healthyKit,
  PROJECT,
  writeProject,
} from '../../helpers/doctor-project.ts';
import { openGoogleApis } from '../../helpers/google-apis.ts';

const MAIN = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url));
const gatehouse = (...args: string[]) => promisify(execFile)(process.execPath, [MAIN, ...args]);
const keyOf = (id: string, byte: number) => `${id}:${Buffer.alloc(32, byte).toString('base64url')}`;

describe('gatehouse keys', () => {
  it('prints a new key that the functions accept', async () => {
    const texts = await Promise.all([1, 2].map(() => gatehouse('keys', 'generate', 'mfa')));
    const keys = readMfaKeys(texts.map(({ stdout }) => stdout.trim()).join());
    assert.equal(keys.length, 2);
  });

  for (const args of [['rotate'], ['rotate', 'sessions'], ['generate'], ['--project', 'shop']]) {
    it(`prints its usage for ${args.join(' ')}`, async () => {
      await assert.rejects(gatehouse('keys', ...args), {
        code: 1,
        stderr: /^Usage: gatehouse keys generate mfa/,
      });
    });
  }
});

describe('the keys of deployed functions', () => {
  const api = (codebase: string, version: string, secret = 'MFA_ENCRYPTION_KEYS') =>
    functionOf(codebase, 'api', {
      serviceConfig: { secretEnvironmentVariables: [{ key: 'MFA_ENCRYPTION_KEYS', secret, version }] },
    });
  const access = (name: string, version: string) =>
    `GET /v1/projects/${PROJECT}/secrets/${name}/versions/${version}:access`;
  const payload = (text: string) => ({ payload: { data: Buffer.from(text).toString('base64') } });

  /** @param functions deployed ones */
  async function read(
    functions: object[],
    answers: object,
    project = healthyClone(),
    databaseId = '(default)',
  ) {
    const { root, remove } = writeProject(project);
    const google = await openGoogleApis(PROJECT, {
      [`GET /v1/projects/${PROJECT}/locations/-/functions`]: {},
      [CALLS.functions]: { functions },
      ...answers,
    });
    try {
      return (await readDeployedKeys(PROJECT, databaseId, { root, access: google.access })).map(
        ({ id }) => id,
      );
    } finally {
      await google.close();
      remove();
    }
  }

  it('are those of the version with which the API was deployed, not the latest', async () => {
    const answers = {
      [access('MFA_ENCRYPTION_KEYS', '2')]: payload(`${keyOf('k2', 2)},${keyOf('k1', 1)}`),
      [access('MFA_ENCRYPTION_KEYS', 'latest')]: payload(keyOf('k3', 3)),
    };
    assert.deepEqual(await read([api('other', '9'), api('gatehouse', '2')], answers), ['k2', 'k1']);
  });

  it('are those of the instance of the kit', async () => {
    const secret = 'kit-functions-MFA_ENCRYPTION_KEYS';
    const answers = { [access(secret, '1')]: payload(keyOf('k1', 1)) };
    const functions = [api('functions', '1', secret)];
    assert.deepEqual(await read(functions, answers, healthyKit(), 'gatehouse'), ['k1']);
  });

  it('are not guessed without a deployed function, or with several versions', async () => {
    await assert.rejects(read([functionOf('gatehouse', 'api')], {}), /no function has the secret/);
    await assert.rejects(
      read([api('gatehouse', '1'), api('gatehouse', '2')], {}),
      /different versions of the secret/,
    );
  });

  it('are those in .secret.local for the emulator', async () => {
    const { root, remove } = writeProject(healthyClone());
    try {
      writeFileSync(join(root, 'functions/.secret.local'), `MFA_ENCRYPTION_KEYS=${keyOf('local', 1)}\n`);
      const [key] = await readDeployedKeys('demo-gatehouse', '(default)', { root });
      assert.equal(key?.id, 'local');
    } finally {
      remove();
    }
  });
});
