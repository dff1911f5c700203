import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { AUTH_HOST } from '../helpers/emulator.ts';
import { openProject, type Project } from './own-project.ts';
import { runTool } from './run-tool.ts';

/** Pages of 25 users at 10 a page. */
const PAGES = 3;

const progressFile = ({ id }: Project) =>
  fileURLToPath(new URL(`../../../.gatehouse/import-users-${id}.json`, import.meta.url));

/**
 * The Auth emulator with ten users a page, so that few users make several pages. It stops answering when the tool
 * requests the second page of the users to import.
 */
async function openHaltingAuth(onHalt: () => void) {
  let laterPages = 0;
  const server = createServer(async (req, res) => {
    // The tool first counts all pages; the next page token is for the second page of the import.
    if (req.url?.includes('nextPageToken=') && ++laterPages === PAGES) return onHalt();
    const { method = 'GET', headers } = req;
    const { authorization = '', 'content-type': type = 'application/json' } = headers;
    const url = req.url?.replace('maxResults=1000', 'maxResults=10');
    const answer = await fetch(`http://${AUTH_HOST}${url}`, {
      ...{ method, headers: { authorization, 'content-type': type } },
      ...(method !== 'GET' && { body: await text(req) }),
    });
    res.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('tools/import-users.ts', function () {
  this.timeout(60_000);

  const importUsers = ({ id }: Project, ...args: string[]) =>
    runTool('import-users', ['--project', id, ...args]);

  /** A project that is older than Gatehouse in it. */
  async function openOld() {
    const project = openProject();
    const otherClaims = { tenantPlan: 'x', roles: ['king', 'owner'] };
    const uids = {
      owner: await project.add(['owner'], { email: 'Owner@Example.com' }),
      plain: await project.add([], { customClaims: otherClaims, displayName: 'Ada' }),
      disabled: await project.add(['member'], { disabled: true }),
    };
    return { project, uids };
  }

  it('imports all users with the roles in Gatehouse’s claims, and prints a summary', async () => {
    const { project, uids } = await openOld();
    const { code, stdout } = await importUsers(project);
    assert.equal(code, 0);
    assert.match(stdout, /of 3 users, 3 were imported/);
    assert.match(stdout, /1 member/);
    assert.match(stdout, /100 %/);

    const { deps } = project.instance();
    const entries = await Promise.all(Object.values(uids).map((uid) => deps.directory.find(uid)));
    assert.deepEqual(
      entries.map((entry) => [entry?.grants.map(({ role }) => role), entry?.rolesVersion, entry?.disabled]),
      [
        [['owner'], 1, false],
        [[], 0, false],
        [['member'], 1, true],
      ],
    );
    assert.deepEqual([entries[0]?.email, entries[1]?.displayName], ['owner@example.com', 'Ada']);
    assert.equal(await deps.directory.hasOwner(), true);
    // Claims that Gatehouse does not manage stay.
    assert.equal((await project.auth.getUser(uids.plain)).customClaims?.tenantPlan, 'x');
  });

  it('gives the default role with --default-role to users without claims, once', async () => {
    const project = openProject();
    const made = await Promise.all(
      [1, 2, 3].map((n) =>
        project.auth.createUser({ email: `u${n}@example.com`, password: 'correct horse' }),
      ),
    );
    await project.add([], {}); // an account without a sign-in provider
    assert.match(
      (await importUsers(project, '--dry-run', '--default-role')).stdout,
      /3 would get the default role/,
    );
    assert.match((await importUsers(project, '--default-role')).stdout, /3 got the default role, member\./);
    for (const { uid } of made) {
      assert.deepEqual((await project.auth.getUser(uid)).customClaims, { roles: ['member'], rv: 1 });
    }
    assert.match((await importUsers(project, '--default-role')).stdout, /0 got the default role/);
  });

  it('changes nothing in a dry run, and prints what it would do', async () => {
    const { project } = await openOld();
    const { code, stdout } = await importUsers(project, '--dry-run');
    assert.equal(code, 0);
    assert.match(stdout, /of 3 users, 3 would be imported/);
    for (const collection of ['directory', 'system', 'accessChanges', 'auditEvents', 'sessions']) {
      assert.equal((await project.documents(collection)).size, 0, collection);
    }
    assert.equal(existsSync(progressFile(project)), false);
  });

  it('keeps existing entries, and changes nothing when run again', async () => {
    const { project, uids } = await openOld();
    const { deps } = project.instance();
    await deps.users.get(uids.plain);
    const actor = { kind: 'operator', requestId: 'test' } as const;
    await deps.changeAccess(actor, { uid: uids.plain, action: 'roles.set' }, ({ now }) => ({
      grants: [{ role: 'support', grantedBy: 'operator', grantedAt: now }],
    }));
    assert.match((await importUsers(project)).stdout, /of 3 users, 2 were imported/);
    const first = await project.documents('directory');
    assert.deepEqual(first.get(uids.plain)?.roles, ['support']);
    const events = await project.documents('auditEvents');

    assert.match((await importUsers(project)).stdout, /of 3 users, 0 were imported/);
    assert.deepEqual(await project.documents('directory'), first);
    assert.deepEqual(await project.documents('auditEvents'), events);
  });

  it('resumes after the last complete page when it was killed', async () => {
    const project = openProject();
    const made = await project.addMany(25, (n) => (n % 5 === 0 ? ['member'] : []));
    const killed = new AbortController();
    const auth = await openHaltingAuth(() => killed.abort());
    const env = { FIREBASE_AUTH_EMULATOR_HOST: auth.host };
    try {
      await runTool('import-users', ['--project', project.id], env, killed.signal);
    } finally {
      auth.close();
    }
    assert.equal((await project.documents('directory')).size, 10);

    // It would leave out the first page.
    for (const other of [['--default-role'], ['--map', 'admin=admin'], ['--database', 'other']])
      assert.match((await importUsers(project, ...other)).stderr, /had other arguments.*--restart/);
    const { code, stdout } = await importUsers(project);
    assert.equal(code, 0);
    assert.match(stdout, /Continuing after 10 users/);
    assert.match(stdout, /of 25 users, 25 were imported/);
    assert.match(stdout, /5 member/);
    assert.deepEqual([...(await project.documents('directory')).keys()].sort(), made.sort());
    assert.equal(existsSync(progressFile(project)), false);
  });

  describe('with --map', () => {
    const MAP = ['--map', 'admin=admin', '--map', 'role:editor=support'];
    const verified = (email: string, customClaims: object) => ({ email, emailVerified: true, customClaims });

    async function openMapped() {
      const project = openProject();
      const uids = {
        ada: await project.add([], verified('ada@example.com', { admin: true, plan: 'pro' })),
        bob: await project.add([], verified('bob@example.com', { role: 'editor' })),
        eve: await project.add([], { email: 'eve@example.com', customClaims: { admin: true } }),
        fay: await project.add([], verified('fay@example.com', { role: 'viewer', plan: 'free' })),
      };
      const claimsOf = async (who: keyof typeof uids) => (await project.auth.getUser(uids[who])).customClaims;
      return { project, uids, claimsOf };
    }

    it('grants roles for claims of other code, keeps these claims, and names the others', async () => {
      const { project, uids, claimsOf } = await openMapped();
      const dry = await importUsers(project, '--dry-run', ...MAP);
      assert.match(
        dry.stdout,
        /Roles that --map would grant: 1 admin, 1 support\. 0 users had them before\./,
      );
      assert.ok(dry.stdout.includes(`\n  admin: ada@example.com (${uids.ada})\n`), dry.stdout);
      assert.match(dry.stdout, /no verified e-mail address for a privileged role.*:\n {2}eve@example\.com/);
      assert.match(dry.stdout, /\n {2}role: 1 user, "viewer" 1\n/);
      assert.match(dry.stdout, /\n {2}plan: 2 users, "free" 1, "pro" 1\n/);
      assert.equal((await project.documents('directory')).size, 0);
      assert.deepEqual(await claimsOf('ada'), { admin: true, plan: 'pro' });

      const { code, stdout } = await importUsers(project, ...MAP);
      assert.equal(code, 0);
      assert.match(stdout, /Roles that --map granted: 1 admin, 1 support\./);
      assert.deepEqual(await claimsOf('ada'), { admin: true, plan: 'pro', roles: ['admin'], rv: 1 });
      assert.deepEqual(await claimsOf('bob'), { role: 'editor', roles: ['support'], rv: 1 });
      assert.deepEqual(await claimsOf('eve'), { admin: true });
      const { grants } = await project.instance().deps.users.get(uids.bob);
      assert.deepEqual(
        grants.map(({ role, grantedBy, reason }) => [role, grantedBy, reason]),
        [['support', 'import', 'custom claim role:editor=support']],
      );

      const before = await project.documents('directory');
      assert.match((await importUsers(project, ...MAP)).stdout, /granted: none\. 2 users had them before\./);
      assert.deepEqual(await project.documents('directory'), before);
    });

    it('makes owners only if their number is confirmed', async () => {
      const { project, claimsOf } = await openMapped();
      const owners = ['--map', 'admin=owner'];
      for (const confirmed of [[], ['--confirm-owners', '2'], ['--confirm-owners', 'yes']]) {
        const { code, stderr } = await importUsers(project, ...owners, ...confirmed);
        assert.equal(code, 1);
        assert.match(
          stderr,
          /New owners, who may do everything: 1\n[\s\S]*ada@example\.com[\s\S]*--confirm-owners 1 /,
        );
      }
      assert.equal((await project.documents('directory')).size, 0);
      assert.equal((await importUsers(project, ...owners, '--confirm-owners', '1')).code, 0);
      assert.deepEqual((await claimsOf('ada'))?.roles, ['owner']);
      assert.equal(await project.instance().deps.directory.hasOwner(), true);
      assert.equal((await importUsers(project, ...owners, '--confirm-owners', '1')).code, 0);
    });

    it('refuses a map that is not one, and names the roles that there are', async () => {
      const project = openProject();
      const unknown = await importUsers(project, '--map', 'role:editor=editor');
      assert.match(unknown.stderr, /there is no role editor, only member, support, auditor, admin, owner/);
      assert.match((await importUsers(project, '--map', 'admin')).stderr, /admin is not like admin=admin/);
    });
  });

  it('prints its usage for invalid arguments, and refuses a real project', async () => {
    const [none, unknown, real] = await Promise.all([
      runTool('import-users', []),
      runTool('import-users', ['--project', 'demo-x', '--yes']),
      runTool('import-users', ['--project', 'acme-production']),
    ]);
    for (const { code, stdout, stderr } of [none, unknown, real]) {
      assert.deepEqual([code, stdout], [1, '']);
      assert.doesNotMatch(stderr, /\n\s+at /);
    }
    assert.match(none.stderr, /Usage/);
    assert.match(unknown.stderr, /Unknown option/);
    assert.match(real.stderr, /_EMULATOR_HOST/);
  });
});
