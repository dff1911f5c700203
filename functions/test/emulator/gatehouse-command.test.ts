import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { uniqueEmail } from '../helpers/emulator.ts';
import { openProject, type Project } from './own-project.ts';

const DIST = fileURLToPath(new URL('../../dist/gatehouse.js', import.meta.url));
const CODE = /^ {2}([\w-]{32})$/m;

/** The built command line, as in a project that has nothing else of Gatehouse. */
describe('gatehouse claim-owner and migrate', function () {
  this.timeout(60_000);
  let folder: string;
  let project: Project;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-command-'));
    cpSync(DIST, join(folder, 'gatehouse.mjs'));
    project = openProject();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const gatehouse = (...args: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      execFile(process.execPath, ['gatehouse.mjs', ...args], { cwd: folder }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });
  const claimDocument = async (databaseId?: string) =>
    (await project.documents('system', databaseId)).get('ownerClaim');

  it('prints a code and a link that make an owner; then there is no second code', async () => {
    const { code, stdout, stderr } = await gatehouse('claim-owner', '--project', project.id);
    assert.deepEqual([code, stderr], [0, '']);
    const [, claimCode = ''] = CODE.exec(stdout) ?? [];
    assert.ok(stdout.includes(`http://localhost:5002/#claim-owner=${claimCode}`), stdout);
    const uid = await project.add(['member'], { email: uniqueEmail(), emailVerified: true });
    const { deps } = project.instance();
    const principal = await deps.bearer.authenticate(await project.token(uid), Date.now() / 1000);
    const actor = { kind: 'principal', principal: principal.principal, requestId: 'r' } as const;
    const { roles } = await deps.services.ownerClaim.claim(actor, claimCode);
    assert.deepEqual(roles, ['member', 'owner']);
    assert.deepEqual((await project.auth.getUser(uid)).customClaims, { roles, rv: 2 });
    const second = await gatehouse('claim-owner', '--project', project.id);
    assert.deepEqual([second.code, second.stdout], [1, '']);
    assert.match(second.stderr, /^There is an owner already/);
  });

  it('uses the database of the parameter file, or the one that is named', async () => {
    mkdirSync(join(folder, 'functions'));
    writeFileSync(join(folder, 'firebase.json'), '{"functions":{"source":"functions"}}');
    writeFileSync(join(folder, 'functions', 'gatehouse.config.ts'), '');
    writeFileSync(join(folder, 'functions', `.env.${project.id}`), 'DATABASE_ID=gatehouse\n');
    assert.match((await gatehouse('claim-owner', '--project', project.id)).stdout, /database gatehouse:/);
    assert.ok((await claimDocument('gatehouse')) && !(await claimDocument()));
    await gatehouse('claim-owner', '--project', project.id, '--database', '(default)');
    assert.ok(await claimDocument());
  });

  it('migrates entries of the first versions, after a dry run', async () => {
    const providers = [{ uid: 'g1', providerId: 'google.com', email: 'ann@gmail.example' }];
    const uid = await project.add([], { email: uniqueEmail(), providerData: providers });
    const { deps } = project.instance();
    await deps.users.get(uid);
    const { db, FieldValue } = await deps.firestore();
    await db.doc(`directory/${uid}`).update({ emails: FieldValue.delete() });
    const migrate = (...args: string[]) => gatehouse('migrate', '--project', project.id, ...args);
    assert.match((await migrate('--dry-run')).stdout, /of 1, 1 would be changed\.\n.*nothing was written/);
    const { code, stdout } = await migrate();
    assert.equal(code, 0);
    assert.match(stdout, /of 1, 1 were changed\.\n.*The data has version 1\./);
    const { emails } = (await project.documents('directory')).get(uid) ?? {};
    assert.ok(Array.isArray(emails) && emails.includes('ann@gmail.example'));
    assert.match((await migrate()).stdout, /The data has version 1\./);
  });

  it('prints its usage without a project, and one line for an unknown option', async () => {
    for (const command of ['claim-owner', 'migrate']) {
      const { code, stdout } = await gatehouse(command);
      assert.equal(code, 2);
      assert.match(stdout, new RegExp(`^Usage: gatehouse ${command} --project`));
      const unknown = await gatehouse(command, '--project', 'demo-x', '--yes');
      assert.equal(unknown.code, 1);
      assert.match(unknown.stderr, /^Unknown option '--yes'[^\n]*\n$/);
    }
  });
});
