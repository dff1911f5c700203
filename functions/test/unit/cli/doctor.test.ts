import assert from 'node:assert/strict';
import {
  answer,
  CALLS,
  edit,
  examine,
  functionOf,
  type HealthyProject,
  healthyClone,
  healthyKit,
  healthyLibrary,
  openRules,
  PROJECT,
} from '../../helpers/doctor-project.ts';

type Project = HealthyProject;
const ENV = `functions/.env.${PROJECT}`;
const without = (text: string) => (before: string) => before.replace(text, '');

const releasedRules = (change: (text: string) => string) => (project: Project) =>
  answer(CALLS.ruleset, {
    source: { files: [{ content: change(String(project.files['firestore.rules'])) }] },
  })(project);
const firstIndex = (state: string | undefined) => (project: Project) => {
  const { indexes } = project.answers[CALLS.indexes('(default)')] as { indexes: object[] };
  const [first, ...others] = indexes;
  answer(CALLS.indexes('(default)'), {
    indexes: state === undefined ? others : [{ ...first, state }, ...others],
  })(project);
};

/** A mistake, the ids of what has to be found, and a part of the text. */
const MISTAKES: readonly [string, (project: Project) => void, string | readonly string[], RegExp][] = [
  [
    'a rules file that opens our collections',
    edit('firestore.rules', openRules),
    'rules-exposed',
    /firestore\.rules may let clients reach directory, system, accessChanges, auditEvents, sessions, rateLimits, stepUps, factors, recoveryCodes, factorAttempts, passkeys, webauthnChallenges in line \d+: allow read: if signedIn/,
  ],
  [
    'a rules file with a syntax error',
    edit('firestore.rules', without(';')),
    'rules-undecided',
    /firestore\.rules cannot be read/,
  ],
  [
    'released rules that open our collections',
    releasedRules(openRules),
    'rules-exposed',
    /the released rules of \(default\) may let/,
  ],
  [
    'released rules that cannot be read',
    releasedRules(() => 'nonsense'),
    'rules-undecided',
    /the released rules/,
  ],
  [
    'a database without released rules',
    answer(CALLS.releases, {}),
    'rules-unreleased',
    /no rules are released for the database \(default\)/,
  ],
  [
    'a database that firebase.json does not deploy to',
    (project) => {
      edit(ENV, (text) => `${text}DATABASE_ID=gatehouse\n`)(project);
      project.files['examples/app/firebase.json'] = {
        firestore: { database: 'gatehouse', rules: 'none.rules' },
      };
    },
    ['database-missing', 'database-unlisted'],
    /DATABASE_ID is gatehouse, but firestore in firebase\.json has \(default\)/,
  ],
  [
    'a database in Datastore mode',
    answer(CALLS.database('(default)'), { type: 'DATASTORE_MODE' }),
    'database-missing',
    /is in Datastore mode/,
  ],
  [
    'an index that is missing in the file',
    edit('firestore.indexes.json', without('{ "fieldPath": "target", "order": "ASCENDING" },')),
    'index-missing',
    /firestore\.indexes\.json has no index on auditEvents: target ascending, at descending/,
  ],
  [
    'an index that is missing in the project',
    firstIndex(undefined),
    'index-missing',
    /the database \(default\) has no index on directory: roles contains, email ascending/,
  ],
  ['an index that is being built', firstIndex('CREATING'), 'index-not-ready', /is CREATING/],
  [
    'a TTL policy that is missing in the file',
    edit('firestore.indexes.json', without('"ttl": true,')),
    'ttl-missing',
    /firestore\.indexes\.json has no TTL policy on accessChanges\.expireAt/,
  ],
  [
    'TTL policies that are missing in the project',
    answer(CALLS.fields('(default)'), {}),
    Array.from({ length: 8 }, () => 'ttl-missing'),
    /the database \(default\) has no TTL policy on accessChanges\.expireAt.*\n.* deletes documents of another app/,
  ],
  [
    'a parameter with a wrong value',
    edit(ENV, (text) => `${text}ALLOWED_ORIGINS=https://shop.test/\n`),
    'parameter-invalid',
    /functions\/\.env\.shop: ALLOWED_ORIGINS\[0\]: is not an origin/,
  ],
  [
    'a parameter of the deployment with a wrong value',
    edit(ENV, (text) => `${text}API_MEMORY_MIB=256MiB\n`),
    'parameter-invalid',
    /API_MEMORY_MIB: is not a whole number/,
  ],
  [
    'a variable that lets unsigned tokens pass',
    edit(ENV, (text) => `${text}FIREBASE_AUTH_EMULATOR_HOST=127.0.0.1:9099\n`),
    ['parameter-invalid', 'parameter-invalid'],
    /FIREBASE_AUTH_EMULATOR_HOST: is reserved/,
  ],
  [
    'a misspelt parameter',
    edit(ENV, (text) => `${text}ALLOWED_ORIGIN=https://shop.test\n`),
    'parameter-unknown',
    /nothing reads ALLOWED_ORIGIN/,
  ],
  [
    'shadow mode',
    edit(ENV, (text) => `${text}ENFORCEMENT=shadow\n`),
    'shadow-mode',
    /functions\/\.env\.shop: ENFORCEMENT is shadow/,
  ],
  [
    'an old Firebase CLI',
    edit('node_modules/firebase-tools/package.json', () => '{ "version": "14.9.0" }'),
    'cli-outdated',
    /the Firebase CLI is 14\.9\.0/,
  ],
  [
    'an old runtime',
    edit('firebase.json', (text) => text.replace('nodejs24', 'nodejs20')),
    'runtime-outdated',
    /runtime in firebase\.json is nodejs20/,
  ],
  [
    'a rewrite behind a catch-all',
    edit('firebase.json', (text) =>
      text.replace('"rewrites": [', '"rewrites": [{ "source": "**", "destination": "/index.html" },'),
    ),
    'rewrite-unreachable',
    /Hosting answers \/api\/\*\* with the rewrite of \*\*/,
  ],
  [
    'a base path that Hosting does not pass on',
    edit(ENV, (text) => `${text}BASE_PATH=/auth/v1\n`),
    'base-path-differs',
    /BASE_PATH is \/auth\/v1, but no Hosting rewrite to api passes \/auth\/v1\/\*\* on/,
  ],
  [
    'a blocking function of the app that a deployment would replace',
    answer(CALLS.functions, {
      functions: [functionOf('gatehouse', 'api'), functionOf('default', 'beforeUserCreated')],
    }),
    'blocking-function-other',
    /calls one function at beforeCreate, and that is beforeUserCreated \(us-central1\)/,
  ],
  [
    'a project without a billing account',
    answer(CALLS.billing, {}),
    'billing-disabled',
    /not on the Blaze plan/,
  ],
  [
    'an API that is disabled',
    answer(CALLS.api('eventarc'), { state: 'DISABLED' }),
    'api-disabled',
    /disabled: eventarc\.googleapis\.com$/m,
  ],
  [
    'a function that failed to deploy',
    answer(CALLS.functions, {
      functions: [
        functionOf('gatehouse', 'api', { state: 'FAILED' }),
        functionOf('gatehouse', 'beforeUserCreated'),
      ],
    }),
    'function-not-active',
    /api \(us-central1\) is FAILED/,
  ],
  [
    'functions that a change of REGION left behind',
    answer(CALLS.functions, {
      functions: [
        functionOf('gatehouse', 'api'),
        functionOf('gatehouse', 'beforeUserCreated'),
        functionOf('gatehouse', 'api', { name: `projects/${PROJECT}/locations/europe-west1/functions/api` }),
      ],
    }),
    'function-left-behind',
    /api \(us-central1\) and api \(europe-west1\)/,
  ],
  [
    'a registered blocking function that was deleted',
    answer(CALLS.functions, { functions: [functionOf('gatehouse', 'api')] }),
    'blocking-function-gone',
    /calls https:\/\/beforeusercreated-x-uc\.a\.run\.app at beforeCreate/,
  ],
  [
    'IDENTITY_PLATFORM in a project that is not upgraded',
    answer(CALLS.identity, { subtype: 'FIREBASE_AUTH' }),
    'identity-platform-missing',
    /the project is not upgraded/,
  ],
  [
    'a service account that does not exist',
    ({ answers }) => void delete answers[CALLS.account],
    'service-account-missing',
    /API_SERVICE_ACCOUNT is gatehouse@shop\.iam\.gserviceaccount\.com, which does not exist/,
  ],
  [
    'a service account without a role',
    answer(CALLS.policy, {
      bindings: [
        {
          role: 'roles/firebaseauth.admin',
          members: ['serviceAccount:gatehouse@shop.iam.gserviceaccount.com'],
        },
        { role: 'roles/datastore.user', members: ['user:ann@shop.test'] },
      ],
    }),
    'service-account-role',
    /of api, listUsers, beforeUserCreated lacks datastore\.entities\.get/,
  ],
  [
    'no secret with the keys of second factors',
    ({ answers }) => void delete answers[CALLS.secret()],
    'secret-missing',
    /the secret MFA_ENCRYPTION_KEYS does not exist/,
  ],
  [
    'a secret with a disabled version',
    answer(CALLS.secret(), { state: 'DISABLED' }),
    'secret-missing',
    /its latest version cannot be read/,
  ],
  ['no owner', answer(CALLS.owners('(default)'), [{}]), 'owner-missing', /no enabled user of shop/],
  [
    'an owner without a verified address',
    answer(CALLS.accounts, { users: [{ localId: 'ann', email: 'ann@shop.test' }] }),
    'owner-unverified',
    /the owner ann@shop\.test \(ann\) has not verified/,
  ],
  ['an owner without an account', answer(CALLS.accounts, {}), 'owner-missing', /no enabled user/],
];

describe('gatehouse doctor', () => {
  for (const [kind, healthy] of Object.entries({
    clone: healthyClone,
    kit: healthyKit,
    library: healthyLibrary,
  })) {
    it(`finds nothing in a healthy project with a ${kind}`, async () => {
      const { findings, outcomes } = await examine(healthy());
      assert.deepEqual(findings, []);
      assert.deepEqual(
        outcomes.filter(({ status }) => status === 'failed'),
        [],
      );
      assert.ok(outcomes.filter(({ status }) => status === 'ok').length >= 15, JSON.stringify(outcomes));
    });
  }

  for (const [what, plant, expected, text] of MISTAKES) {
    it(`finds ${what}, and nothing else`, async () => {
      const project = healthyClone();
      plant(project);
      const { findings, outcomes } = await examine(project);
      assert.deepEqual(findings.map(({ id }) => id).toSorted(), [expected].flat());
      assert.ok(
        findings.some((one) => text.test(`${one.what}\n${one.fix}`)),
        JSON.stringify(findings),
      );
      assert.deepEqual(
        outcomes.filter(({ status }) => status === 'failed'),
        [],
      );
    });
  }

  it('finds a wrong clock', async () => {
    const slow = await examine(healthyClone(), { now: () => Date.now() - 600_000 });
    assert.deepEqual(
      slow.findings.map(({ id }) => id),
      ['clock-wrong'],
    );
    assert.match(slow.findings[0]?.what ?? '', /^the clock of this machine is (599|600|601) s slow$/);
    assert.deepEqual((await examine(healthyClone(), { now: () => Date.now() + 30_000 })).findings, []);
  });
});
