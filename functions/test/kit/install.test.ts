import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FrameworkProcess, startFramework } from '../helpers/framework.ts';
import type { Adopter } from './adopter.ts';
import { BIN, installedKit } from './installed-kit.ts';
import type { PackedPackage } from './pack.ts';

describe('the function kit, installed as its guide says', function () {
  this.timeout(300_000);

  let packed: PackedPackage;
  let adopter: Adopter;

  before(async () => {
    ({ packed, adopter } = await installedKit());
  });

  const source = (path: string) => join(adopter.folder, 'function-kits/functions/source', path);

  it('changes firebase.json and adds function-kits/, and nothing else', async () => {
    const status = await adopter.sh('git status --porcelain --untracked-files=normal');
    assert.deepEqual(status.trimEnd().split('\n'), [' M firebase.json', '?? function-kits/']);
  });

  it('adds one entry to firebase.json and keeps the others', async () => {
    const before = JSON.parse(await adopter.sh('git show HEAD:firebase.json'));
    const after = JSON.parse(readFileSync(join(adopter.folder, 'firebase.json'), 'utf8'));
    const [own, kit, ...more] = after.functions;
    assert.deepEqual(more, []);
    assert.equal(kit.sourcePackage.name, packed.manifest.name);
    assert.deepEqual({ ...after, functions: [own] }, before);
  });

  it('installs one firebase-functions, that of the wrapper', () => {
    assert.ok(existsSync(source('node_modules/firebase-functions')));
    assert.ok(!existsSync(source('node_modules/@gatehouse/functions/node_modules')));
  });

  describe('type declarations', () => {
    const compile = (options: string) =>
      adopter.sh(
        `cd function-kits/functions/source && npx tsc --ignoreConfig --noEmit --strict ${options} probe.ts`,
      );

    before(() =>
      writeFileSync(
        source('probe.ts'),
        `import { setGlobalOptions } from 'firebase-functions';
         import type { HttpsFunction } from 'firebase-functions/https';
         import { api, listUsers, onUserCreated } from '@gatehouse/functions';
         import { createGatehouse } from '@gatehouse/functions/library';
         setGlobalOptions({});
         export const own: HttpsFunction = api;
         export const others = [listUsers.run, onUserCreated.run];
         const { requireAccess } = createGatehouse({
           permissions: { 'orders:read': { summary: 'Read orders', privileged: false } },
           roles: { clerk: ['orders:read'], owner: 'all' },
           defaultRole: 'clerk',
         });
         export const middleware = requireAccess('orders:read');
         // @ts-expect-error There is no such permission.
         requireAccess('orders:raed');`,
      ),
    );

    it('compile with TypeScript 6 as the CLI sets it up, library declarations checked', () =>
      compile('--skipLibCheck false --target es2020 --module nodenext --moduleResolution nodenext'));

    it('are found by projects that still resolve modules as Node 10 did', () =>
      compile(
        '--skipLibCheck false --target es2020 --module commonjs --moduleResolution node10 --ignoreDeprecations 6.0',
      ));
  });

  it('has no mistake that the doctor of the package finds in the files', () =>
    adopter.sh(`${BIN} doctor --offline`));

  describe('on Cloud Run, under the functions framework', () => {
    const processes: FrameworkProcess[] = [];

    after(() => Promise.all(processes.map((one) => one.stop())));

    for (const target of ['api', 'setUserRoles']) {
      it(`answers a broken body to ${target} with an error of its own`, async () => {
        const env = {
          ...{ FUNCTION_TARGET: target, K_SERVICE: `kit-functions-${target.toLowerCase()}` },
          ...{ K_CONFIGURATION: 'kit', FIREBASE_KIT_INSTANCE_ID: 'functions' },
        };
        const started = await startFramework(env, source('.'));
        processes.push(started);
        assert.ok(started.listened, started.output());
        const path = target === 'api' ? '/v1/users' : '/';
        const response = await fetch(`http://127.0.0.1:${started.port}${path}`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', 'X-Forwarded-Proto': 'https' },
          body: '{',
        });
        assert.equal(response.status, 400, started.output());
        assert.match(response.headers.get('content-type') ?? '', /^application\/(problem\+)?json/);
        assert.match(await response.text(), /invalid_request/);
      });
    }
  });
});
