import assert from 'node:assert/strict';
import { isBillingEnabled } from '../../../cli/project/billing.ts';
import { readDatabase, readFieldOverrides, readIndexes } from '../../../cli/project/firestore.ts';
import { readFunctions } from '../../../cli/project/functions.ts';
import { readLiveRelease, readSites } from '../../../cli/project/hosting.ts';
import { missingPermissions, readBindings, readServiceAccount } from '../../../cli/project/iam.ts';
import { readIdentityConfig } from '../../../cli/project/identity.ts';
import { ApiError } from '../../../cli/project/request.ts';
import { readReleasedRules } from '../../../cli/project/rules.ts';
import { isApiEnabled } from '../../../cli/project/services.ts';
import {
  type Answers,
  Failure,
  type GoogleApis,
  openGoogleApis,
  SILENCE,
} from '../../helpers/google-apis.ts';

const PROJECT = '/v1/projects/shop';
const BILLING = `GET ${PROJECT}/billingInfo`;
const DATABASE = `${PROJECT}/databases/(default)`;

describe('gatehouse: reader of a live project', () => {
  let google: GoogleApis;
  const answers: Answers = {};
  before(async () => {
    google = await openGoogleApis('shop', answers);
  });
  after(() => google.close());
  beforeEach(() => {
    google.requests.length = 0;
    for (const call of Object.keys(answers)) delete answers[call];
  });

  it('reads functions of both generations with their codebases, page by page', async () => {
    const v2 = 'GET /v2/projects/shop/locations/-/functions?filter=environment="GEN_2"';
    Object.assign(answers, {
      'GET /v1/projects/shop/locations/-/functions': {
        functions: [
          {
            name: 'projects/shop/locations/us-central1/functions/api',
            status: 'ACTIVE',
            labels: { 'deployment-tool': 'cli-firebase' },
            httpsTrigger: { url: 'https://us-central1-shop.cloudfunctions.net/api' },
            serviceAccountEmail: 'shop@appspot.gserviceaccount.com',
          },
        ],
        unreachable: ['europe-west1'],
      },
      [v2]: {
        functions: [
          {
            name: 'projects/shop/locations/europe-west1/functions/beforeUserCreated',
            state: 'ACTIVE',
            labels: {
              'deployment-tool': 'cli-firebase',
              'firebase-functions-codebase': 'gatehouse',
              'deployment-blocking': 'before-create',
            },
            serviceConfig: {
              uri: 'https://beforeusercreated-x-ew.a.run.app',
              serviceAccountEmail: '1-compute@developer.gserviceaccount.com',
              environmentVariables: { REGION: 'europe-west1' },
              secretEnvironmentVariables: [{ key: 'KEYS', secret: 'KEYS', version: '2' }],
            },
          },
        ],
        nextPageToken: 'second',
      },
      [`${v2}&pageToken=second`]: {
        functions: [{ name: 'projects/shop/locations/us-central1/functions/by-hand' }],
        unreachable: ['europe-west1', 'projects/shop/locations/asia-east1'],
      },
    });
    const { functions, unreachable } = await readFunctions(google.access);
    assert.deepEqual(functions, [
      {
        name: 'api',
        region: 'us-central1',
        codebase: 'default',
        blocking: undefined,
        generation: 1,
        uri: 'https://us-central1-shop.cloudfunctions.net/api',
        serviceAccount: 'shop@appspot.gserviceaccount.com',
        state: 'ACTIVE',
        environment: {},
        secrets: [],
      },
      {
        name: 'beforeUserCreated',
        region: 'europe-west1',
        codebase: 'gatehouse',
        blocking: 'before-create',
        generation: 2,
        uri: 'https://beforeusercreated-x-ew.a.run.app',
        serviceAccount: '1-compute@developer.gserviceaccount.com',
        state: 'ACTIVE',
        environment: { REGION: 'europe-west1' },
        secrets: [{ key: 'KEYS', secret: 'KEYS', version: '2' }],
      },
      {
        name: 'by-hand',
        region: 'us-central1',
        codebase: undefined,
        blocking: undefined,
        generation: 2,
        uri: undefined,
        serviceAccount: undefined,
        state: undefined,
        environment: {},
        secrets: [],
      },
    ]);
    assert.deepEqual(unreachable, ['europe-west1', 'asia-east1']);
  });

  it('reads the rules of the database that it is asked for, not of one with a longer name', async () => {
    Object.assign(answers, {
      [`GET ${PROJECT}/releases`]: {
        releases: [
          {
            name: 'projects/shop/releases/cloud.firestore/gatehouse',
            rulesetName: 'projects/shop/rulesets/own',
          },
          {
            name: 'projects/shop/releases/firebase.storage/b',
            rulesetName: 'projects/shop/rulesets/storage',
          },
        ],
        nextPageToken: 'second',
      },
      [`GET ${PROJECT}/releases?pageToken=second`]: {
        releases: [
          { name: 'projects/shop/releases/cloud.firestore', rulesetName: 'projects/shop/rulesets/app' },
        ],
      },
      [`GET ${PROJECT}/rulesets/own`]: { source: { files: [{ name: 'a', content: 'own' }] } },
      [`GET ${PROJECT}/rulesets/app`]: { source: { files: [{ name: 'a', content: 'app' }] } },
    });
    const sourceOf = async (database: string) => (await readReleasedRules(google.access, database))?.source;
    assert.equal(await sourceOf('(default)'), 'app');
    assert.equal(await sourceOf('gatehouse'), 'own');
    assert.equal(await sourceOf('gate'), undefined);
  });

  it('reads indexes, TTL policies and the database', async () => {
    const groups = `projects/shop/databases/(default)/collectionGroups`;
    Object.assign(answers, {
      [`GET ${DATABASE}`]: { locationId: 'eur3', type: 'FIRESTORE_NATIVE', databaseEdition: 'STANDARD' },
      [`GET ${DATABASE}/collectionGroups/-/indexes`]: {
        indexes: [
          {
            name: `${groups}/orders/indexes/i1`,
            queryScope: 'COLLECTION',
            state: 'READY',
            fields: [{ fieldPath: 'at', order: 'ASCENDING' }],
          },
        ],
      },
      [`GET ${DATABASE}/collectionGroups/-/fields?filter=indexConfig.usesAncestorConfig=false OR ttlConfig:*`]:
        {
          fields: [
            { name: `${groups}/__default__/fields/*`, indexConfig: { indexes: [] } },
            { name: `${groups}/orders/fields/expireAt`, ttlConfig: { state: 'ACTIVE' }, indexConfig: {} },
            { name: `${groups}/orders/fields/text`, indexConfig: {} },
          ],
        },
    });
    assert.equal((await readDatabase(google.access, '(default)'))?.location, 'eur3');
    assert.equal(await readDatabase(google.access, 'gatehouse'), undefined);
    const [index] = await readIndexes(google.access, '(default)');
    assert.deepEqual([index?.collectionGroup, index?.fields[0]?.fieldPath], ['orders', 'at']);
    const overrides = await readFieldOverrides(google.access, '(default)');
    assert.deepEqual(
      overrides.map(({ collectionGroup, fieldPath, ttl }) => [collectionGroup, fieldPath, ttl]),
      [
        ['orders', 'expireAt', 'ACTIVE'],
        ['orders', 'text', undefined],
      ],
    );
  });

  it('reads Hosting sites and what visitors see on them', async () => {
    const live = (site: string) => `GET /v1beta1/projects/shop/sites/${site}/channels/live`;
    Object.assign(answers, {
      'GET /v1beta1/projects/shop/sites': {
        sites: [
          { name: 'projects/shop/sites/shop', defaultUrl: 'https://shop.web.app', type: 'DEFAULT_SITE' },
          { name: 'projects/shop/sites/console', type: 'USER_SITE' },
        ],
      },
      [live('shop')]: { release: { releaseTime: '2026-01-01T00:00:00Z', version: { name: 'v1' } } },
      [live('console')]: {},
    });
    assert.deepEqual(await readSites(google.access), [
      { id: 'shop', url: 'https://shop.web.app', isDefault: true },
      { id: 'console', url: 'https://console.web.app', isDefault: false },
    ]);
    assert.equal((await readLiveRelease(google.access, 'shop'))?.version, 'v1');
    assert.equal(await readLiveRelease(google.access, 'console'), undefined);
  });

  it('reads roles, permissions and service accounts', async () => {
    const email = 'api@other.iam.gserviceaccount.com';
    Object.assign(answers, {
      [`POST ${PROJECT}:getIamPolicy`]: {
        bindings: [{ role: 'roles/editor', members: ['user:ann@a.test'] }],
      },
      [`POST ${PROJECT}:testIamPermissions`]: { permissions: ['a.b.get'] },
      [`GET /v1/projects/other/serviceAccounts/${email}`]: { email, disabled: true },
    });
    assert.deepEqual(await readBindings(google.access), [
      { role: 'roles/editor', members: ['user:ann@a.test'] },
    ]);
    assert.deepEqual(await missingPermissions(google.access, ['a.b.get', 'a.b.set']), ['a.b.set']);
    assert.equal((await readServiceAccount(google.access, email))?.disabled, true);
    assert.equal(await readServiceAccount(google.access, 'none@shop.iam.gserviceaccount.com'), undefined);
  });

  it('reads billing, enabled APIs and blocking functions', async () => {
    const functionUri = 'https://before.a.run.app';
    Object.assign(answers, {
      [BILLING]: { billingEnabled: true },
      [`GET ${PROJECT}/services/run.googleapis.com`]: { state: 'ENABLED' },
      [`GET ${PROJECT}/services/eventarc.googleapis.com`]: { state: 'DISABLED' },
      'GET /admin/v2/projects/shop/config': {
        subtype: 'IDENTITY_PLATFORM',
        signIn: { email: { enabled: true } },
        blockingFunctions: { triggers: { beforeCreate: { functionUri }, beforeSignIn: {} } },
      },
    });
    assert.equal(await isBillingEnabled(google.access), true);
    assert.equal(await isApiEnabled(google.access, 'run.googleapis.com'), true);
    assert.equal(await isApiEnabled(google.access, 'eventarc.googleapis.com'), false);
    assert.deepEqual(await readIdentityConfig(google.access), {
      isIdentityPlatform: true,
      emailPassword: true,
      blocking: { beforeCreate: functionUri },
    });
    delete answers['GET /admin/v2/projects/shop/config'];
    assert.equal(await readIdentityConfig(google.access), undefined);
  });

  it('sends the token, and the quota project where there is one', async () => {
    answers[BILLING] = {};
    await isBillingEnabled(google.access);
    await isBillingEnabled({ ...google.access, quotaProject: 'shop' });
    assert.deepEqual(
      google.requests.map(({ headers }) => [headers.authorization, headers['x-goog-user-project']]),
      [
        ['Bearer token-of-the-test', undefined],
        ['Bearer token-of-the-test', 'shop'],
      ],
    );
  });

  const failures: readonly [string, unknown, number | undefined, RegExp][] = [
    ['a refusal', new Failure(403, 'Permission denied'), 403, /Permission denied/],
    ['an answer that is not JSON', '<html>', undefined, /unexpected answer/],
    ['an answer of another shape', { billingEnabled: 'yes' }, undefined, /unexpected answer/],
    ['no answer within the deadline', SILENCE, undefined, /no answer in 0\.2 s/],
  ];
  for (const [what, answer, status, message] of failures) {
    it(`names the API and the reason after ${what}`, async () => {
      answers[BILLING] = answer;
      await assert.rejects(isBillingEnabled({ ...google.access, deadlineMs: 200 }), (error) => {
        assert.ok(error instanceof ApiError);
        assert.match(error.message, /^127\.0\.0\.1:\d+: /);
        assert.match(error.message, message);
        assert.equal(error.status, status);
        return true;
      });
    });
  }

  it('does not wait longer than the deadline for a token, and never shows one', async () => {
    const accessToken = () => new Promise<never>(() => undefined);
    await assert.rejects(
      isBillingEnabled({ projectId: 'shop', accessToken, deadlineMs: 100 }),
      /no answer in/,
    );
    const failing = () => Promise.reject(new Error('Could not load the default credentials'));
    await assert.rejects(
      isBillingEnabled({ projectId: 'shop', accessToken: failing }),
      /default credentials/,
    );
  });
});
