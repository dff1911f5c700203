import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { uniqueEmail } from '../helpers/emulator.ts';
import { openProject } from './own-project.ts';

const TOOL = fileURLToPath(new URL('../../../tools/grant.ts', import.meta.url));

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function grant(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env } };
    execFile(process.execPath, [TOOL, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

describe('tools/grant.ts', function () {
  this.timeout(30_000);

  async function open() {
    const project = openProject();
    const [ada, bob] = [uniqueEmail(), uniqueEmail()];
    const uids = [await project.add(['member'], { email: ada, claims: { tenantPlan: 'x' } })];
    uids.push(await project.add(['support'], { email: bob }));
    const claimsOf = async (n: number) => (await project.store.find(uids[n] ?? ''))?.claims;
    const run = (...args: string[]) => grant(['--project', project.id, ...args]);
    return { project, ada, bob, uids, claimsOf, run };
  }

  it('makes the first owner, who keeps their other roles and the claims of others', async () => {
    const { project, ada, uids, claimsOf, run } = await open();
    const { code, stdout } = await run('owner', ada);
    assert.equal(code, 0);
    assert.ok(stdout.includes(ada) && stdout.includes('owner') && stdout.includes(project.id), stdout);
    assert.deepEqual(await claimsOf(0), { tenantPlan: 'x', roles: ['member', 'owner'], rv: 2 });
    assert.deepEqual(await project.enabledOwners(), [uids[0]]);
  });

  it('makes a second owner only by force', async () => {
    const { project, ada, bob, claimsOf, run } = await open();
    assert.equal((await run('owner', ada)).code, 0);
    const refused = await run('owner', bob);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /owner already.*--force/);
    assert.deepEqual(await claimsOf(1), { roles: ['support'], rv: 1 });
    assert.equal((await run('--force', 'owner', bob)).code, 0);
    assert.equal((await project.enabledOwners()).length, 2);
  });

  it('makes an owner by force alone where there is one, though disabled', async () => {
    const { project, ada, bob, uids, run } = await open();
    assert.equal((await run('owner', ada)).code, 0);
    await project.store.setDisabled(uids[0] ?? '', true);
    assert.equal((await run('owner', bob)).code, 1);
    assert.equal((await run('--force', 'owner', bob)).code, 0);
    assert.deepEqual(await project.enabledOwners(), [uids[1]]);
  });

  it('says so again when the role is there already, and changes nothing', async () => {
    const { bob, claimsOf, run } = await open();
    assert.equal((await run('support', bob)).code, 0);
    assert.deepEqual(await claimsOf(1), { roles: ['support'], rv: 1 });
  });

  it('warns about an address that nobody has proved to own', async () => {
    const { ada, run } = await open();
    assert.match((await run('owner', ada)).stderr, /not verified/);
  });

  it('says that nobody has that e-mail', async () => {
    const { run } = await open();
    const { code, stderr } = await run('owner', 'nobody@example.com');
    assert.equal(code, 1);
    assert.match(stderr, /nobody@example\.com/);
    assert.doesNotMatch(stderr, /\n\s+at /);
  });

  const misuses: Record<string, string[]> = {
    'no arguments': [],
    'no project': ['owner', 'ada@example.com'],
    'an unknown role': ['--project', 'demo-x', 'king', 'ada@example.com'],
    'a prototype property as role': ['--project', 'demo-x', 'constructor', 'ada@example.com'],
    'no e-mail': ['--project', 'demo-x', 'owner'],
    'a uid instead of an e-mail': ['--project', 'demo-x', 'owner', 'abc'],
    'too many arguments': ['--project', 'demo-x', 'owner', 'ada@example.com', 'bob@example.com'],
    'an unknown option': ['--project', 'demo-x', '--yes', 'owner', 'ada@example.com'],
  };
  for (const [name, args] of Object.entries(misuses)) {
    it(`explains itself when called with ${name}`, async () => {
      const { code, stdout, stderr } = await grant(args);
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.match(stderr, /Usage|Unknown option/);
      assert.doesNotMatch(stderr, /\n\s+at /);
    });
  }

  it('does not touch a real project while the emulator is set', async () => {
    const { code, stderr } = await grant(['--project', 'acme-production', 'owner', 'ada@example.com']);
    assert.equal(code, 1);
    assert.match(stderr, /FIREBASE_AUTH_EMULATOR_HOST/);
  });

  it('says within seconds that the emulator is not running', async () => {
    const closed = { FIREBASE_AUTH_EMULATOR_HOST: '127.0.0.1:9' };
    const { code, stderr } = await grant(['--project', 'demo-x', 'owner', 'ada@example.com'], closed);
    assert.equal(code, 1);
    assert.match(stderr, /did not answer/);
    assert.match(stderr, /npm start/);
  });
});
