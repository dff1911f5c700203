import assert from 'node:assert/strict';
import { join } from 'node:path';
import { startDocuments } from '../../../tools/lib/documents.ts';
import { ROOT } from '../../../tools/lib/emulator-setup.ts';
import type { Documents } from '../../../tools/lib/firestore-emulator.ts';
import { HOST } from '../../../tools/lib/ports.ts';
import { ProcessGroup } from '../../../tools/lib/process-group.ts';
import type { Adopter } from './adopter.ts';
import { BIN, GUIDE, installedKit, PROJECT } from './installed-kit.ts';

/** From the first command of the guide to the answer of the protected route. */
const MAX_MS = 300_000;

describe('the function kit in the emulators of an adopter', function () {
  this.timeout(MAX_MS);

  let adopter: Adopter;
  let ports: Awaited<ReturnType<typeof installedKit>>['ports'];
  let documents: Documents;
  let emulators: ProcessGroup;
  let url: string;
  /** When the first command of the guide would have begun, without the tests in between. */
  let begin: number;

  before(async () => {
    const kit = await installedKit();
    ({ adopter, ports } = kit);
    begin = performance.now() - kit.installMs;
    const logFile = join(ROOT, '.gatehouse/test-kit.log');
    documents = await startDocuments('embedded', { port: ports.firestore, projectId: PROJECT, logFile });
    emulators = new ProcessGroup(
      'the emulators',
      // The emulator of Firestore is a download and needs Java: the embedded one takes its place.
      ['bash', '-c', `cd '${adopter.folder}' && ${GUIDE.start.trimEnd()} --only auth,functions,hosting`],
      () => adopter.env({ FIRESTORE_EMULATOR_HOST: `${HOST}:${ports.firestore}` }),
    );
    const signs = { ready: 'All emulators ready!', broken: 'Failed to load function definition' };
    await emulators.untilReady(signs, { logFile });
    url = `http://${HOST}:${ports.functions}/${PROJECT}/us-central1`;
  });

  after(async () => {
    await emulators?.stop();
    await documents?.stop();
  });

  it('answers a signed-in user within five minutes of the guide’s first command', async () => {
    const script = GUIDE.ask
      .replaceAll(':5001/', `:${ports.functions}/`)
      .replaceAll(':9099/', `:${ports.auth}/`);
    const output = await adopter.sh(script);
    const [status, access = ''] = output.trimEnd().split('\n');
    assert.equal(status, '401');
    const { kind, email, roles } = JSON.parse(access);
    assert.deepEqual({ kind, email, roles }, { kind: 'user', email: 'ada@example.com', roles: [] }, access);
    const took = performance.now() - begin;
    assert.ok(took < MAX_MS, `${took} ms`);
  });

  const emulated = () => ({
    FIRESTORE_EMULATOR_HOST: `${HOST}:${ports.firestore}`,
    FIREBASE_AUTH_EMULATOR_HOST: `${HOST}:${ports.auth}`,
  });

  it('runs the command of the package in the folder of the wrapper, as for an upgrade', async () => {
    const command = `cd function-kits/functions/source && npx gatehouse migrate --project ${PROJECT} --dry-run`;
    assert.match(await adopter.sh(command, emulated()), /demo-shop, database gatehouse/);
  });

  it('makes the first owner with the command of the package', async () => {
    const admin = { 'Content-Type': 'application/json', Authorization: 'Bearer owner' };
    const accounts = `http://${HOST}:${ports.auth}/identitytoolkit.googleapis.com/v1`;
    const post = async (address: string, body: object, headers: Record<string, string> = admin) => {
      const response = await fetch(address, { method: 'POST', headers, body: JSON.stringify(body) });
      const answer = await response.text();
      assert.ok(response.ok, `${address} ${response.status} ${answer}`);
      return JSON.parse(answer);
    };
    const user = { email: 'olga@example.com', password: 'correct horse', returnSecureToken: true };
    const { localId } = await post(`${accounts}/accounts:signUp?key=any`, user);
    await post(`${accounts}/projects/${PROJECT}/accounts:update`, { localId, emailVerified: true });
    const signIn = async () => {
      const { idToken } = await post(`${accounts}/accounts:signInWithPassword?key=any`, user);
      return { 'Content-Type': 'application/json', Authorization: `Bearer ${idToken}` };
    };

    const output = await adopter.sh(`${BIN} claim-owner --project ${PROJECT}`, emulated());
    assert.match(output, /database gatehouse/);
    const [, code = ''] = /#claim-owner=(\S+)/.exec(output) ?? [];
    const api = `${url}/kit-functions-api/v1`;
    await post(`${api}/claim-owner`, { code }, await signIn());
    const me = await fetch(`${api}/me`, { headers: await signIn() });
    assert.match(await me.text(), /"roles":\["owner"\]/);
  });

  it('has its functions under names with the instance', async () => {
    const callable = (name: string) => fetch(`${url}/${name}`, { method: 'POST', body: '{}' });
    assert.equal((await callable('getMyAccess')).status, 404);
    assert.notEqual((await callable('kit-functions-getMyAccess')).status, 404);
  });

  it('serves its API below BASE_PATH, as a rewrite of Hosting passes it on', async () => {
    assert.equal((await fetch(`${url}/kit-functions-api/gatehouse/v1/me`)).status, 401);
    assert.equal((await fetch(`${url}/kit-functions-api/api/v1/me`)).status, 404);
  });

  it('answers a body that cannot be parsed with a problem, whatever the function is called', async () => {
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch(`${url}/kit-functions-api/v1/users`, {
      method: 'POST',
      headers,
      body: '{',
    });
    assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
  });

  it('leaves the adopter’s function and rewrite as they were', async () => {
    for (const address of [`${url}/orders`, `http://${HOST}:${ports.hosting}/api/orders`]) {
      assert.equal(await (await fetch(address)).text(), 'orders of the shop', address);
    }
  });

  it('leaves the working copy as it was after the installation', async () => {
    const status = await adopter.sh('git status --porcelain --untracked-files=normal');
    assert.deepEqual(status.trimEnd().split('\n'), [' M firebase.json', '?? function-kits/']);
  });
});
