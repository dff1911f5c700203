import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { modules } from '../../functions/src/modules.ts';
import { CALLABLES } from '../../functions/test/helpers/operations.ts';
import { filesIn } from '../test/stand-in/archive.ts';
import { type Clone, makeClone } from '../test/stand-in/clone.ts';
import { type StandIn, startGoogle } from '../test/stand-in/google.ts';
import { freshProject, PROJECT } from '../test/stand-in/scenarios.ts';

/** Without the blocking functions, which need Identity Platform. */
const FUNCTIONS = ['api', ...CALLABLES, ...Object.keys(modules.triggers(() => ({}), {}))]
  .filter((name) => !name.startsWith('beforeUser'))
  .sort();

describe('firebase deploy to a new project', function () {
  this.timeout(240_000);

  let clone: Clone;
  let google: StandIn;

  before(async () => {
    clone = makeClone(PROJECT);
    clone.applySite('shop-console');
    const project = freshProject();
    project.set('firebasehosting', 'sites/shop-console', { type: 'USER_SITE' });
    google = await startGoogle(project);
    const args = ['deploy', '--project', PROJECT, '--non-interactive', '--force'];
    const { code, output } = await clone.run(google, 'firebase', ...args);
    assert.equal(code, 0, output);
  });

  after(async () => {
    clone.remove();
    await google.close();
  });

  const positions = (method: string, path: RegExp) =>
    google.calls.flatMap((call, n) => (call.method === method && path.test(call.path) ? [n] : []));

  it('calls Google only at the origins that the variables name', () => {
    assert.deepEqual(google.unknown, []);
    // The one address without a variable (deploy/functions/checkIam.js). Its failure is ignored.
    assert.deepEqual([...new Set(google.refused)], ['iam.googleapis.com:443']);
  });

  it('creates each function in the codebase gatehouse', () => {
    const created = google.calls.filter(
      ({ method, path }) => method === 'POST' && path.endsWith('/functions'),
    );
    assert.deepEqual(created.map(({ query }) => query.get('functionId')).sort(), FUNCTIONS);
    for (const { body } of created) {
      const labels = body.labels as Record<string, string>; // as the API defines it
      assert.equal(labels['firebase-functions-codebase'], 'gatehouse');
    }
  });

  it('gives the API the latest version of the keys of second factors, and no other function', () => {
    const key = 'MFA_ENCRYPTION_KEYS';
    const created = google.calls.filter(
      ({ method, path }) => method === 'POST' && path.endsWith('/functions'),
    );
    for (const { query, body } of created) {
      const { secretEnvironmentVariables } = body.serviceConfig as { secretEnvironmentVariables?: object[] };
      const isApi = query.get('functionId') === 'api';
      const expected = isApi ? [{ key, secret: key, version: '1', projectId: PROJECT }] : undefined;
      assert.deepEqual(secretEnvironmentVariables, expected, query.get('functionId') ?? '');
    }
    const { bindings } = google.project.get('secretmanager', `secrets/${key}/policy`) ?? {};
    const account = `serviceAccount:${google.project.number}-compute@developer.gserviceaccount.com`;
    assert.deepEqual(bindings, [{ role: 'roles/secretmanager.secretAccessor', members: [account] }]);
  });

  it('uploads the bundle, without sources, tests and parameters', () => {
    const [upload = assert.fail()] = google.calls.filter(({ host }) => host === 'storage.googleapis.com');
    const files = filesIn(upload.bytes);
    assert.ok(files.includes('lib/index.js'));
    const others = files.filter((file) => !file.startsWith('lib/'));
    assert.deepEqual(others, ['.npmrc', 'index.js', 'package-lock.json', 'package.json']);
  });

  it('releases rules before the first function is created', () => {
    const [released = assert.fail()] = positions('POST', /\/releases$/);
    const [created = assert.fail()] = positions('POST', /\/functions$/);
    assert.ok(released < created);
  });

  it('creates the indexes and TTL policies', () => {
    assert.equal(positions('POST', /\/indexes$/).length, 7);
    const ttl = google.calls.filter(({ method, body }) => method === 'PATCH' && body.ttlConfig !== undefined);
    assert.deepEqual(ttl.map(({ path }) => path.split('/').slice(-3).join('/')).sort(), [
      'accessChanges/fields/expireAt',
      'auditEvents/fields/expireAt',
      'factorAttempts/fields/expireAt',
      'factors/fields/expireAt',
      'rateLimits/fields/expireAt',
      'sessions/fields/expireAt',
      'stepUps/fields/expireAt',
      'webauthnChallenges/fields/expireAt',
    ]);
  });

  it('releases the page on the site of its own', () => {
    const [released = assert.fail()] = google.calls.filter(({ path }) =>
      path.endsWith('/channels/live/releases'),
    );
    assert.match(released.path, /sites\/shop-console\//);
  });

  it('leaves only the first owner for the doctor to find', async () => {
    const member = `serviceAccount:${google.project.number}-compute@developer.gserviceaccount.com`;
    google.project.set('cloudresourcemanager', 'policy', {
      bindings: [{ role: 'roles/editor', members: [member] }],
    });
    const credentials = join(clone.folder, 'credentials.json');
    const subjectToken = join(clone.folder, 'subject-token');
    writeFileSync(subjectToken, 'of-the-workload');
    writeFileSync(
      credentials,
      JSON.stringify({
        type: 'external_account',
        audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/ci',
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        token_url: 'http://www.googleapis.com/token',
        credential_source: { file: subjectToken },
      }),
    );
    const env = { ...google.env, GOOGLE_APPLICATION_CREDENTIALS: credentials };
    const args = ['functions/cli/main.ts', 'doctor', '--project', PROJECT, '--json'];
    const { code, output } = await clone.run({ ...google, env }, 'node', ...args);
    const { findings, checks } = JSON.parse(output);
    assert.deepEqual(
      findings.map(({ id }: { id: string }) => id),
      ['owner-missing'],
    );
    const failed = checks.filter(({ status }: { status: string }) => status === 'failed');
    assert.deepEqual(failed, []);
    assert.equal(code, 0);
  });

  it('makes the schedule of reconcileAccess, and enables no other sign-in method', () => {
    assert.equal(positions('POST', /\/jobs$/).length, 1);
    const [provision = assert.fail()] = google.calls.filter(({ path }) =>
      path.endsWith(':provisionFirebaseApp'),
    );
    assert.deepEqual((provision.body as { firebaseAuthInput?: object }).firebaseAuthInput, {
      emailAuthProviderMode: 'PROVIDER_ENABLED',
    });
  });
});
