import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { ROOT } from '../lib/emulator-setup.ts';
import { isListening, launch, type Started, until } from './processes.ts';

const SCRIPT = `${ROOT}/tools/start.ts`;

/** Starts Gatehouse on free ports and reads its addresses from the table it prints. */
async function startGatehouse() {
  const started = launch(process.execPath, [SCRIPT, '--free-ports']);
  await until(() => started.output().includes('Try, in') || started.child.exitCode !== null, 90_000);
  const read = (name: string) => RegExp(`^ +${name} +(\\S+)`, 'm').exec(started.output())?.[1] ?? '';
  const addresses = {
    api: read('API'),
    functions: read('Functions'),
    auth: `http://${read('Auth emulator')}`,
  };
  assert.ok(addresses.api, started.output());
  const ports = Object.values(addresses).map((address) => Number(new URL(address).port));
  return { ...started, addresses, ports };
}

const isQuiet = async (ports: number[]) => !(await Promise.all(ports.map(isListening))).includes(true);

function killGroup({ child }: Started, signal: NodeJS.Signals) {
  if (child.pid) process.kill(-child.pid, signal);
}

describe('npm start', function () {
  this.timeout(120_000);

  it('names the taken port, who wanted it and what to do, in one line', async () => {
    const blocker = createServer().listen(5002, '127.0.0.1');
    await once(blocker, 'listening').catch(() => undefined); // if it is taken already, so much the better
    try {
      const { exited, output } = launch(process.execPath, [SCRIPT]);
      assert.equal(await exited, 1);
      assert.match(output(), /^gatehouse: port 5002, wanted by hosting, is taken; .*--free-ports\n$/);
    } finally {
      blocker.close();
    }
  });

  it('prints the table, serves the API and its users, and ends on Ctrl-C with nothing left', async () => {
    const gatehouse = await startGatehouse();
    try {
      const { api, auth } = gatehouse.addresses;
      assert.equal((await fetch(`${api}/health`)).status, 200);

      const path = 'identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=demo';
      const signIn = await fetch(`${auth}/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: 'owner@demo.test', password: 'gatehouse', returnSecureToken: true }),
      });
      const { idToken } = (await signIn.json()) as { idToken: string };
      const claims = JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString());
      assert.deepEqual([claims.sub, claims.roles], ['demo-owner', ['owner']]);
    } finally {
      killGroup(gatehouse, 'SIGINT');
      killGroup(gatehouse, 'SIGINT'); // through npm, and from people, it comes twice
    }
    assert.equal(await gatehouse.exited, 0);
    assert.equal(await isQuiet(gatehouse.ports), true);
  });

  it('leaves nothing behind when it is killed outright', async () => {
    const gatehouse = await startGatehouse();
    gatehouse.child.kill('SIGKILL');
    assert.equal(await gatehouse.exited, 'SIGKILL');
    assert.equal(await until(() => isQuiet(gatehouse.ports), 5_000), true);
  });
});
