import assert from 'node:assert/strict';
import type { Role } from '../../src/authz/roles.ts';
import { uniqueEmail } from '../helpers/emulator.ts';
import { openProject } from './own-project.ts';
import { runTool } from './run-tool.ts';

const grant = (args: readonly string[], env?: NodeJS.ProcessEnv) => runTool('grant', args, env);

describe('tools/grant.ts', function () {
  this.timeout(30_000);

  async function open() {
    const project = openProject();
    const { deps } = project.instance();
    const [ada, bob] = [uniqueEmail(), uniqueEmail()];
    const claims = { tenantPlan: 'x', roles: ['member'], rv: 1 };
    const uids = {
      [ada]: await project.add([], { email: ada, customClaims: claims }),
      [bob]: await project.add(['support'], { email: bob }),
    };
    /** The roles in the directory. Asserts that the claims agree. */
    const rolesOf = async (email: string): Promise<readonly Role[]> => {
      const { grants, version } = await deps.users.get(uids[email] ?? '');
      const roles = grants.map(({ role }) => role);
      const { customClaims } = await project.auth.getUserByEmail(email);
      const others = email === ada ? { tenantPlan: 'x' } : {};
      assert.deepEqual(customClaims, { ...others, roles, rv: version });
      return roles;
    };
    const run = (...args: string[]) => grant(['--project', project.id, ...args]);
    return { project, ada, bob, uids, rolesOf, run };
  }

  it('makes the first owner, keeps other roles and claims, and writes an audit event', async () => {
    const { project, ada, rolesOf, run } = await open();
    const { code, stdout, stderr } = await run('owner', ada);
    assert.equal(code, 0);
    assert.match(stderr, /not verified/); // the address of the new owner
    assert.ok(stdout.includes(ada) && stdout.includes('owner') && stdout.includes(project.id), stdout);
    assert.deepEqual(await rolesOf(ada), ['member', 'owner']);
    const events = [...(await project.documents('auditEvents')).values()];
    assert.ok(events.some(({ actor, action }) => actor === 'operator' && action === 'roles.set'));
  });

  it('makes a second owner only with --force', async () => {
    const { ada, bob, rolesOf, run } = await open();
    assert.equal((await run('owner', ada)).code, 0);
    const refused = await run('owner', bob);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /owner already.*--force/);
    assert.deepEqual(await rolesOf(bob), ['support']);
    assert.equal((await run('--force', 'owner', bob)).code, 0);
    assert.deepEqual(await rolesOf(bob), ['support', 'owner']);
    assert.deepEqual(await rolesOf(ada), ['member', 'owner']);
  });

  it('changes nothing when the user has the role already', async () => {
    const { project, bob, uids, rolesOf, run } = await open();
    assert.equal((await run('support', bob)).code, 0);
    assert.deepEqual(await rolesOf(bob), ['support']);
    assert.equal((await project.documents('directory')).get(uids[bob] ?? '')?.rolesVersion, 1);
  });

  it('names an e-mail address that no user has', async () => {
    const { run } = await open();
    const { code, stderr } = await run('owner', 'unknown@example.com');
    assert.equal(code, 1);
    assert.match(stderr, /unknown@example\.com/);
    assert.doesNotMatch(stderr, /\n\s+at /);
  });

  it('finds a user without an address by uid or by phone number', async () => {
    const { project, run } = await open();
    const [phone, custom] = ['+4930123456', 'custom-token-user'];
    const { uid } = await project.auth.createUser({ phoneNumber: phone });
    const byPhone = await run('owner', phone);
    assert.deepEqual([byPhone.code, byPhone.stderr], [0, '']);
    assert.match(byPhone.stdout, new RegExp(`: \\${phone} \\(${uid}\\) has the roles: owner\n$`));
    await project.auth.createUser({ uid: custom });
    const byUid = await run('support', '--uid', custom);
    assert.deepEqual([byUid.code, byUid.stderr], [0, '']);
    assert.match(byUid.stdout, /: user \(custom-token-user\) has the roles: support\n$/);
    assert.match((await run('support', '+49')).stderr, /not a phone number|No user has/);
    assert.match((await run('support', '--uid', 'unknown')).stderr, /No user has the uid unknown/);
  });

  it('makes an external user without an account an owner', async () => {
    const { project, rolesOf, ada, run } = await open();
    const identity = ['--issuer', 'https://login.example.com', '--subject', 'ann'];
    const { code, stdout, stderr } = await run('owner', ...identity);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /: ann of https:\/\/login\.example\.com \(ext-[\w-]{43}\) has the roles: owner\n$/);
    const [owner] = [...(await project.documents('directory')).values()].filter((entry) => entry.identity);
    assert.deepEqual(owner?.roles, ['owner']);
    assert.equal((await run('owner', ada)).code, 1); // there is an owner now
    assert.deepEqual(await rolesOf(ada), ['member']);
    assert.equal((await run('support', ...identity)).code, 0);
  });

  it('refuses a user of an issuer that a real project does not trust', async () => {
    const identity = ['--issuer', 'https://login.example.com', '--subject', 'ann'];
    const real = {
      FIREBASE_AUTH_EMULATOR_HOST: '',
      FIRESTORE_EMULATOR_HOST: '',
      GATEHOUSE_EMULATOR_CONFIG: '',
    };
    const { code, stderr } = await grant(['--project', 'acme-production', 'owner', ...identity], real);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /login\.example\.com is not in trustedIssuers of the configuration for acme-production/,
    );
  });

  const invalid: Record<string, string[]> = {
    'no arguments': [],
    'no project': ['owner', 'ada@example.com'],
    'a prototype property as role': ['--project', 'demo-x', 'constructor', 'ada@example.com'],
    'an issuer without a subject': ['--project', 'demo-x', 'owner', '--issuer', 'https://a.test'],
    'a subject without an issuer': ['--project', 'demo-x', 'owner', '--subject', 'ada'],
    'an identity and an e-mail': [
      ...['--project', 'demo-x', 'owner', 'ada@example.com'],
      ...['--issuer', 'https://a.test', '--subject', 'ada'],
    ],
    'an uid as a contact': ['--project', 'demo-x', 'owner', 'ada'],
    'an uid and an e-mail': ['--project', 'demo-x', 'owner', 'ada@example.com', '--uid', 'ada'],
    'an unknown option': ['--project', 'demo-x', '--yes', 'owner', 'ada@example.com'],
  };
  it('prints its usage for invalid arguments', async () => {
    const runs = Object.entries(invalid).map(async ([name, args]) => ({ name, ...(await grant(args)) }));
    for (const { name, code, stdout, stderr } of await Promise.all(runs)) {
      assert.deepEqual([code, stdout], [1, ''], name);
      assert.match(stderr, /Usage|Unknown option/, name);
      assert.doesNotMatch(stderr, /\n\s+at /, name);
    }
  });

  it('refuses a real project while emulator variables are set', async () => {
    const { code, stderr } = await grant(['--project', 'acme-production', 'owner', 'ada@example.com']);
    assert.equal(code, 1);
    assert.match(stderr, /FIREBASE_AUTH_EMULATOR_HOST/);
  });

  it('reports within seconds that the emulator is not running', async () => {
    const closed = { FIREBASE_AUTH_EMULATOR_HOST: '127.0.0.1:9' };
    const { code, stderr } = await grant(['--project', 'demo-x', 'owner', 'ada@example.com'], closed);
    assert.equal(code, 1);
    assert.match(stderr, /did not answer/);
    assert.match(stderr, /npm start/);
  });
});
