import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { deleteApp, type FirebaseApp, initializeApp } from 'firebase/app';
import { connectAuthEmulator, getAuth } from 'firebase/auth';
import { generateSync } from 'otplib';
import { type ClientModule, loadClient } from '../../../packages/client/test/load-client.ts';
import { codeBlocks, REPOSITORY } from '../helpers/docs.ts';
import { AUTH_HOST, HOSTING_URL, makeSignedIn, makeUser, PASSWORD, PROJECT } from '../helpers/emulator.ts';

const baseUrl = `${HOSTING_URL}/api/v1`;

interface Example {
  addSupport(
    admin: {
      readonly baseUrl: string;
      readonly email: string;
      readonly password: string;
      readonly askForCode: (message: string) => Promise<string>;
    },
    uid: string,
  ): Promise<{ roles: string[] } | undefined>;
}

/** Bundles the example of packages/client/README.md with the client. Firebase's SDK is the one of this process. */
async function loadExample(): Promise<Example> {
  const block = codeBlocks('packages/client/README.md').find(({ code }) => code.startsWith('// example.js'));
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-client-'));
  try {
    symlinkSync(join(REPOSITORY, 'functions/node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'example.js'), block?.code ?? '');
    const outfile = join(folder, 'bundle.mjs');
    await build({
      ...{
        entryPoints: [join(folder, 'example.js')],
        outfile,
        bundle: true,
        format: 'esm',
        platform: 'node',
      },
      alias: { '@gatehouse/client': join(REPOSITORY, 'packages/client/src/index.ts') },
      external: ['firebase/*', '@simplewebauthn/browser'],
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The code of an authenticator app. @param seconds from now */
function codeOf(secret: string, seconds = 0): string {
  return generateSync({ secret, epoch: Math.floor(Date.now() / 1000) + seconds });
}

describe('the client of packages/client', function () {
  this.timeout(60_000);
  let module: ClientModule;
  let app: FirebaseApp;

  before(async () => {
    module = await loadClient();
    app = initializeApp({ apiKey: 'emulator', projectId: PROJECT });
    connectAuthEmulator(getAuth(app), `http://${AUTH_HOST}`, { disableWarnings: true });
  });
  after(() => deleteApp(app));

  it('does what the example of its README does, in Node', async () => {
    const owner = await makeSignedIn(['owner']);
    const { factors } = module.createClient({ baseUrl, auth: owner.auth });
    const { secret } = await factors.enrollTotp({ name: 'My phone' });
    const { recoveryCodes } = await factors.confirmTotp(codeOf(secret, -30));
    assert.equal(recoveryCodes?.length, 10);

    const { addSupport } = await loadExample();
    const { uid } = await makeUser(['member']);
    const asked: string[] = [];
    const askForCode = async (message: string) => {
      asked.push(message);
      return asked.length === 1 ? '000000' : codeOf(secret);
    };
    const admin = { baseUrl, email: owner.email, password: PASSWORD, askForCode };
    assert.deepEqual((await addSupport(admin, uid))?.roles, ['member', 'support']);
    assert.equal(asked[0], 'Code of your app:');
    assert.equal(asked.length, 2);
  });

  it('lists, renames, replaces and deletes factors', async () => {
    const member = await makeSignedIn(['member']);
    let secret = '';
    const onStepUp = async () => ({ totp: codeOf(secret) });
    const { factors, stepUp } = module.createClient({ baseUrl, auth: member.auth, onStepUp });
    assert.deepEqual(await factors.list(), { factors: [], recoveryCodesLeft: 0 });
    ({ secret } = await factors.enrollTotp());
    const { factor, recoveryCodes = [] } = await factors.confirmTotp(codeOf(secret, -30));
    assert.equal((await factors.rename(factor.id, 'Old phone')).name, 'Old phone');
    const list = await factors.list();
    assert.deepEqual(
      list.factors.map(({ kind, name }) => [kind, name]),
      [['totp', 'Old phone']],
    );
    assert.equal(list.recoveryCodesLeft, 10);
    const replaced = (await factors.createRecoveryCodes()).recoveryCodes;
    assert.ok(!replaced.some((code) => recoveryCodes.includes(code)));
    const { assurance } = await stepUp({ recoveryCode: replaced[0] ?? '' });
    assert.equal(assurance.level, 'aal2');
    await assert.rejects(stepUp({ recoveryCode: replaced[0] ?? '' }), (error) => {
      assert.ok(error instanceof module.GatehouseError);
      return error.status === 403;
    });
    await factors.delete(factor.id);
    assert.deepEqual((await factors.list()).factors, []);
  });
});
