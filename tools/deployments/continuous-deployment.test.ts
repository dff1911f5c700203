import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clone, makeClone } from '../test/stand-in/clone.ts';
import { type StandIn, startGoogle } from '../test/stand-in/google.ts';
import { freshProject, PROJECT } from '../test/stand-in/scenarios.ts';

const ACCOUNT = 'gatehouse-deployer@shop-1234.iam.gserviceaccount.com';
const AUDIENCE =
  '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/github/providers/gatehouse';

/** With the file that the action google-github-actions/auth writes, and the stand-in as Google's token services. */
describe('npm run deploy in CI, with Workload Identity Federation', function () {
  this.timeout(120_000);

  let clone: Clone;
  let google: StandIn;

  before(async () => {
    clone = makeClone(PROJECT);
    google = await startGoogle(freshProject());
    const subject = join(clone.folder, 'token-of-github');
    writeFileSync(subject, 'signed-by-github');
    const credentials = join(clone.folder, 'gha-creds.json');
    writeFileSync(
      credentials,
      JSON.stringify({
        type: 'external_account',
        audience: AUDIENCE,
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        token_url: `${google.url}/sts.googleapis.com/v1/token`,
        service_account_impersonation_url: `${google.url}/iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${ACCOUNT}:generateAccessToken`,
        credential_source: { file: subject },
      }),
    );
    Object.assign(clone.env, { FIREBASE_TOKEN: '', GOOGLE_APPLICATION_CREDENTIALS: credentials });
  });

  after(async () => {
    clone.remove();
    await google.close();
  });

  it('exchanges the token of the run, and reads and deploys as the deployer', async () => {
    const args = [
      'tools/bootstrap.mjs',
      'deploy',
      '--project',
      PROJECT,
      '--only',
      'firestore',
      '--accept',
      '',
    ];
    const { code, output } = await clone.run(google, 'node', ...args);
    assert.equal(code, 0, output);
    const at = (host: string) => google.calls.filter((call) => call.host === host);
    const [exchange = assert.fail()] = at('sts.googleapis.com');
    assert.equal(new URLSearchParams(exchange.bytes.toString()).get('subject_token'), 'signed-by-github');
    assert.ok(at('iamcredentials.googleapis.com').every(({ path }) => path.includes(ACCOUNT)));
    assert.equal(at('www.googleapis.com').length, 0);
    // The CLI itself sends "owner" to any address without TLS (lib/apiv2.js), so its own token is not seen here.
    const [read = assert.fail()] = google.calls.filter(({ path }) => path.endsWith('/releases'));
    assert.equal(read.authorization, 'Bearer of-the-deployer');
    assert.ok(google.project.get('firebaserules', 'releases/cloud.firestore'));
  });
});
