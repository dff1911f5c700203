import assert from 'node:assert/strict';
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Part } from '../lib/preflight/items.ts';
import { type Clone, makeClone } from '../test/stand-in/clone.ts';
import { type StandIn, startGoogle } from '../test/stand-in/google.ts';
import { busyProject, OWN_RULES, PROJECT, release } from '../test/stand-in/scenarios.ts';

/** Files with which the Firebase CLI would deploy something else than the preflight has checked. */
describe('the preflight refuses', function () {
  this.timeout(60_000);

  let clone: Clone;
  let google: StandIn;
  beforeEach(async () => {
    clone = makeClone(PROJECT);
    google = await startGoogle(busyProject());
    release(google.project, OWN_RULES);
    clone.env.GCLOUD_PROJECT = PROJECT;
  });
  afterEach(async () => {
    clone.remove();
    await google.close();
  });

  const parameters = (name: string) => join(clone.folder, `functions/.env.${name}`);
  /** As the hooks of firebase.json do. */
  const check = async (part: Part | 'firestore') => {
    const { code, output } = await clone.run(google, 'node', 'tools/preflight.ts', part);
    assert.equal(code, 1, output);
    return output;
  };

  it('parameters without a value: the CLI asks for them afterwards, or stops half-way', async () => {
    writeFileSync(parameters(PROJECT), 'IDENTITY_PLATFORM=false\n');
    assert.match(await check('functions'), /functions\/\.env\.shop-1234 .*\n(.+=.*\n)*REGION=us-central1\n/);
  });

  it('a secret that does not exist, also while the API of secrets is disabled', async () => {
    for (const name of google.project.resources.keys())
      if (name.startsWith('secretmanager')) google.project.resources.delete(name);
    const missing = /refuse +secret MFA_ENCRYPTION_KEYS: it does not exist.*docs\/operations\/keys\.md/;
    assert.match(await check('functions'), missing);
    const api = { state: 'DISABLED' };
    google.project.set('serviceusage', 'services/secretmanager.googleapis.com', api);
    assert.match(await check('functions'), missing);
  });

  it('parameters in the file of an alias, which the CLI reads only for the alias', async () => {
    clone.edit('.firebaserc', (rc: { projects: object }) => Object.assign(rc.projects, { prod: PROJECT }));
    renameSync(parameters(PROJECT), join(clone.folder, 'functions/.env'));
    writeFileSync(parameters('prod'), 'DATABASE_ID=gatehouse\n');
    assert.match(await check('functions'), /rename functions\/\.env\.prod to \.env\.shop-1234/);
  });

  it('to read with another login than that of --account', async () => {
    clone.env.GATEHOUSE_ACCOUNT = 'ada@shop.test';
    assert.match(await check('hosting'), /ada@shop\.test/);
  });

  it('a list of databases: the CLI releases the rules of each', async () => {
    clone.edit('firebase.json', (json: { firestore: object }) => {
      const { firestore } = json;
      json.firestore = [
        { ...firestore, database: '(default)' },
        { database: 'shop', rules: 'shop.rules' },
      ];
    });
    assert.match(await check('firestore'), /own-database\.md/);
  });

  it('a page that would be the website of the project, in a list of sites', async () => {
    clone.applySite(PROJECT);
    clone.edit('firebase.json', (json: { hosting: object }) => {
      json.hosting = [{ site: 'shop', public: 'shop' }, json.hosting];
    });
    appendFileSync(parameters(PROJECT), `HOSTING_SITES=${PROJECT}\n`);
    assert.match(await check('hosting'), /replace +Hosting site shop-1234/);
  });

  it('a page without a target: the CLI takes the website of the project', async () => {
    clone.edit('firebase.json', (json: { hosting: { target?: string } }) => {
      delete json.hosting.target;
    });
    assert.match(await check('hosting'), /"target": "gatehouse"/);
  });
});
