// `npm start` in a clone with DATABASE_ID and BASE_PATH.
import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../lib/emulator-setup.ts';
import { readStartOptions } from '../lib/start-options.ts';
import { DEMO_PASSWORD } from '../seed.ts';
import { identityToolkit, send, startGatehouse } from './gatehouse.ts';
import { launch } from './processes.ts';
import { makeClone } from './stand-in/clone.ts';

const PROJECT = 'demo-gatehouse';

describe('npm start with DATABASE_ID and BASE_PATH', function () {
  this.timeout(180_000);
  const clone = makeClone(PROJECT);
  after(() => clone.remove());

  before(() => {
    cpSync(join(ROOT, 'packages/firestore-emulator'), join(clone.folder, 'packages/firestore-emulator'), {
      recursive: true,
    });
    writeFileSync(join(clone.folder, 'functions/.env.local'), 'DATABASE_ID=gatehouse\nBASE_PATH=/auth/v1\n');
  });

  it('says that firebase.json has another path', async () => {
    const { exited, output } = launch(process.execPath, [
      join(clone.folder, 'tools/start.ts'),
      '--free-ports',
    ]);
    assert.equal(await exited, 1);
    assert.match(
      output(),
      /BASE_PATH of demo-gatehouse is \/auth\/v1, but in firebase\.json no rewrite passes/,
    );
  });

  it('serves the API there, and seeds and grants in that database', async () => {
    clone.edit('firebase.json', (json: { hosting: unknown }) => {
      json.hosting = JSON.parse(JSON.stringify(json.hosting).replaceAll('/api/', '/auth/'));
    });
    const gatehouse = await startGatehouse([], {}, join(clone.folder, 'tools/start.ts'));
    try {
      const { api, auth, firestore } = gatehouse.addresses;
      assert.match(api, /\/auth\/v1$/);
      const page = await fetch(new URL('/vendor/base-path.js', api));
      assert.match(await page.text(), /"\/auth\/v1"/);

      const signIn = { email: 'owner@demo.test', password: DEMO_PASSWORD, returnSecureToken: true };
      const url = `${identityToolkit(auth)}/accounts:signInWithPassword?key=demo`;
      const { idToken } = await send<{ idToken: string }>('POST', url, signIn);
      const headers = { authorization: `Bearer ${idToken}` };
      const me = await fetch(`${api}/me`, { headers });
      const { roles } = (await me.json()) as { roles: string[] };
      assert.deepEqual([me.status, roles], [200, ['owner']]);
      assert.doesNotMatch(me.headers.get('content-security-policy') ?? '', /'self'/);

      // For `npm run grant`, and for the client below.
      Object.assign(process.env, {
        FIREBASE_AUTH_EMULATOR_HOST: new URL(auth).host,
        FIRESTORE_EMULATOR_HOST: new URL(firestore).host,
        METADATA_SERVER_DETECTION: 'none',
      });
      const args = ['--project', PROJECT, 'auditor', 'member@demo.test'];
      const grant = launch(process.execPath, [join(clone.folder, 'tools/grant.ts'), ...args]);
      assert.equal(await grant.exited, 0, grant.output());
      assert.match(grant.output(), /^demo-gatehouse, database gatehouse: member@demo\.test /m);
      const member = await fetch(`${api}/users/demo-member`, { headers });
      assert.deepEqual(((await member.json()) as { roles: string[] }).roles, ['member', 'auditor']);

      const { Firestore } = await import('@google-cloud/firestore');
      for (const [databaseId, collections] of [
        ['(default)', []],
        ['gatehouse', ['accessChanges', 'auditEvents', 'directory', 'system']],
      ] as const) {
        const db = new Firestore({ projectId: PROJECT, databaseId });
        const found = (await db.listCollections()).map(({ id }) => id).sort();
        await db.terminate();
        assert.deepEqual(found, collections, databaseId);
      }
    } finally {
      delete process.env.FIREBASE_AUTH_EMULATOR_HOST;
      delete process.env.FIRESTORE_EMULATOR_HOST;
      gatehouse.child.kill('SIGINT');
      await gatehouse.exited;
    }
  });

  it('does not save documents with Google’s emulator, which would leave them out', () => {
    const official = ['--firestore=official'];
    for (const way of [['--data=x'], ['--import=x'], ['--export-on-exit=x']]) {
      assert.throws(
        () => readStartOptions([...official, ...way], 'gatehouse'),
        /saves and loads only the database/,
      );
      assert.equal(readStartOptions(way, 'gatehouse').firestore, 'embedded');
    }
  });
});
