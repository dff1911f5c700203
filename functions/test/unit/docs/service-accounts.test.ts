import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { codesIn, REPOSITORY, readPage, tableUnder } from '../../helpers/docs.ts';

const PAGE = 'docs/operations/service-accounts.md';
const SCRIPT = join(REPOSITORY, 'tools/iam.sh');
const DEPLOYER = 'serviceAccount:ci@shop.iam.gserviceaccount.com';
const ALL = ['--token-exchange', '--app-check-consume', '--identity-platform'];

const run = (...args: string[]) => spawnSync('bash', [SCRIPT, ...args], { encoding: 'utf8' });

/** The roles that the printed commands give, as `member role`, followed by the account if not on the project. */
function granted(...args: string[]): string[] {
  const { status, stdout } = run('--project', 'shop', ...args);
  assert.equal(status, 0);
  return stdout.split('\n').flatMap((line) => {
    const [, target = '', member = '', role = ''] =
      /^gcloud \S+ (?:service-accounts )?add-iam-policy-binding (\S+) .*--member (\S+) --role (\S+)/.exec(
        line.replace('gcloud iam service-accounts', 'gcloud iam-service-accounts'),
      ) ?? [];
    if (role === '') return [];
    const short = (name: string) => name.replace(/^serviceAccount:/, '').replace(/@.*/, '');
    const on = target === 'shop' ? '' : ` on ${short(target)}`;
    return [`${short(member)} ${role.replace('projects/shop/roles/', '')}${on}`];
  });
}

/** Every role of a cell, with the account for those "on itself". */
const rolesIn = (cell: string) => codesIn(cell).filter((code) => /^roles\/|^gatehouseAccounts$/.test(code));

describe('docs/operations/service-accounts.md', () => {
  const [runtime, why] = [tableUnder(PAGE, '# Service accounts'), readPage(PAGE)];
  const accounts = runtime.map(([parameter = '', , roles = '']) => ({
    name: `gatehouse-${codesIn(parameter)[0]?.replace('_SERVICE_ACCOUNT', '').toLowerCase()}`,
    roles: rolesIn(roles),
  }));
  const wanted = accounts.flatMap(({ name, roles }) =>
    roles.map((role) => `${name} ${role}${role.endsWith('TokenCreator') ? ` on ${name}` : ''}`),
  );

  it('gives the functions exactly the roles that the script gives', () => {
    assert.deepEqual(granted(...ALL).toSorted(), wanted.toSorted());
  });

  it('gives the roles of optional features only with their options', () => {
    const optional = /TokenCreator|tokenVerifier/;
    assert.deepEqual(granted().toSorted(), wanted.filter((grant) => !optional.test(grant)).toSorted());
    assert.ok(granted('--token-exchange').some((grant) => grant.includes('TokenCreator')));
  });

  it('enables the APIs that the functions call, those of optional features with their options', () => {
    const apis = (...args: string[]) =>
      [...run('--project', 'shop', ...args).stdout.matchAll(/ (\w+)\.googleapis\.com/g)].map(
        ([, api]) => api,
      );
    const basic = apis();
    assert.ok(basic.includes('firestore') && basic.includes('identitytoolkit'));
    assert.deepEqual(apis('--token-exchange', '--app-check-consume'), [
      ...basic,
      ...['iamcredentials', 'firebaseappcheck'],
    ]);
  });

  it('gives the deployer exactly the roles that the script gives', () => {
    const roles = tableUnder(PAGE, '## The account that deploys').flatMap(([role = '']) => rolesIn(role));
    const ofDeployer = granted('--deployer', DEPLOYER, ...ALL).filter((grant) => grant.startsWith('ci '));
    const expected = roles.flatMap((role) =>
      role.endsWith('serviceAccountUser')
        ? accounts.map(({ name }) => `ci ${role} on ${name}`)
        : [`ci ${role}`],
    );
    assert.deepEqual(ofDeployer.toSorted(), expected.toSorted());
    assert.ok(!granted('--deployer', DEPLOYER).includes('ci roles/firebaseauth.admin'));
  });

  it('names every option of the script', () => {
    const options = tableUnder(PAGE, '## Create them').flatMap(([option = '']) => codesIn(option));
    const usage = run('--help').stdout.matchAll(/^ +(?:-h, )?(--[\w-]+)/gm);
    assert.deepEqual([...usage].map(([, name]) => name).toSorted(), [...options, '--help'].toSorted());
  });

  it('explains every role', () => {
    for (const role of new Set(accounts.flatMap(({ roles }) => roles))) {
      assert.match(why, new RegExp(`^\\| (\`[\\w/.]+\`, )?\`${role}\`.* \\| `, 'm'), role);
    }
  });
});

/** https://cloud.google.com/identity-platform/docs/access-control, by method of the Admin SDK. */
const PERMISSION_OF: Readonly<Record<string, string>> = {
  createUser: 'firebaseauth.users.create',
  deleteUser: 'firebaseauth.users.delete',
  generatePasswordResetLink: 'firebaseauth.users.sendEmail',
  getUser: 'firebaseauth.users.get',
  getUserByEmail: 'firebaseauth.users.get',
  getUserByPhoneNumber: 'firebaseauth.users.get',
  getUsers: 'firebaseauth.users.get',
  listUsers: 'firebaseauth.users.get',
  revokeRefreshTokens: 'firebaseauth.users.update',
  setCustomUserClaims: 'firebaseauth.users.update',
  updateUser: 'firebaseauth.users.update',
  // Signed with roles/iam.serviceAccountTokenCreator.
  createCustomToken: '',
};

/** The predefined role that has the permissions beginning with this. */
const ROLE_OF: Readonly<Record<string, string>> = {
  'cloudfunctions.': 'roles/cloudfunctions.admin',
  'datastore.indexes.': 'roles/datastore.indexAdmin',
  'firebase.projects.get': 'roles/firebase.viewer',
  'firebasehosting.sites.': 'roles/firebasehosting.admin',
};

describe('tools/iam.sh', () => {
  it('is valid bash, and refuses what is not an option, a project or a member', () => {
    assert.equal(spawnSync('bash', ['-n', SCRIPT]).status, 0);
    for (const args of [
      ...[[], ['--project'], ['--project', 'a b'], ['--yes'], ['--project', 'shop', 'more']],
      ...[
        ['--project', 'shop', '--deployer', 'ci@shop'],
        ['--project', '$(id)'],
      ],
    ]) {
      const { status, stdout, stderr } = run(...args);
      assert.notEqual(status, 0, args.join(' '));
      assert.deepEqual([stdout, /Usage/.test(stderr)], ['', true], args.join(' '));
    }
  });

  it('lists in its custom role exactly what the code calls in Firebase Auth', () => {
    const store = readFileSync(
      join(REPOSITORY, 'functions/src/platform/firebase-auth/account-store.ts'),
      'utf8',
    );
    const calls = [...store.matchAll(/\bsdk\.(\w+)\(/g)].map(([, method = '']) => method);
    const needed = calls.map(
      (method) => PERMISSION_OF[method] ?? assert.fail(`${method}: which permission?`),
    );
    const [, listed = ''] = /--permissions (\S+)/.exec(run('--project', 'shop').stdout) ?? [];
    assert.deepEqual(
      listed.replaceAll('\\', '').split(',').toSorted(),
      [...new Set(needed)].filter(Boolean).toSorted(),
    );
  });

  it('gives a deployer every permission that the Firebase CLI asks for', () => {
    const require = createRequire(join(REPOSITORY, 'package.json'));
    const { TARGET_PERMISSIONS }: { TARGET_PERMISSIONS: Record<string, string[]> } =
      require('firebase-tools/lib/deploy/index.js');
    const asked = ['functions', 'firestore', 'hosting'].flatMap((target) => TARGET_PERMISSIONS[target] ?? []);
    assert.ok(asked.length > 8);
    const grants = granted('--deployer', DEPLOYER);
    for (const permission of ['firebase.projects.get', ...asked]) {
      const [, role = ''] = Object.entries(ROLE_OF).find(([prefix]) => permission.startsWith(prefix)) ?? [];
      assert.ok(grants.includes(`ci ${role}`), permission);
    }
  });

  it('gives an account that runs functions no basic role, and none that changes IAM', () => {
    const all = granted('--deployer', DEPLOYER, ...ALL);
    assert.ok(
      all.every((grant) => !/roles\/(owner|editor|viewer|.*iam\.(?!serviceAccount).*)\b/.test(grant)),
    );
  });
});
