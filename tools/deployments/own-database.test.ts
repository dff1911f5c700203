import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clone, makeClone } from '../test/stand-in/clone.ts';
import { type StandIn, startGoogle } from '../test/stand-in/google.ts';
import { busyProject, changed, OPEN_RULES, OWN_RULES, PROJECT, release } from '../test/stand-in/scenarios.ts';

const DEPLOY = ['tools/bootstrap.mjs', 'deploy'];
const FIREBASE = ['firebase', 'deploy', '--only', 'firestore', '--force'];

it('a deployment stops before it changes anything if the page’s rewrite is not BASE_PATH', async function () {
  this.timeout(60_000);
  const clone = makeClone(PROJECT);
  const google = await startGoogle(busyProject());
  try {
    clone.applySite('shop-admin');
    appendFileSync(join(clone.folder, `functions/.env.${PROJECT}`), '\nBASE_PATH=/auth/v1\n');
    const before = google.project.snapshot();
    const { code, output } = await clone.run(google, 'node', ...DEPLOY, '--project', PROJECT);
    assert.equal(code, 1);
    assert.match(output, /BASE_PATH of shop-1234 is \/auth\/v1, but in firebase.json no rewrite passes/);
    assert.deepEqual(google.project.snapshot(), before);
  } finally {
    clone.remove();
    await google.close();
  }
});

describe('a deployment with an own database', function () {
  this.timeout(120_000);

  let clone: Clone;
  let google: StandIn;
  beforeEach(async () => {
    clone = makeClone(PROJECT);
    google = await startGoogle(busyProject());
    release(google.project, OPEN_RULES);
    appendFileSync(join(clone.folder, `functions/.env.${PROJECT}`), '\nDATABASE_ID=gatehouse\n');
    clone.edit('firebase.json', (json: { firestore: object }) => {
      Object.assign(json.firestore, { database: 'gatehouse' });
    });
    google.project.set('firestore', 'databases/gatehouse', { locationId: 'eur3', type: 'FIRESTORE_NATIVE' });
  });
  afterEach(async () => {
    clone.remove();
    await google.close();
  });

  const run = async ([program = '', ...args]: readonly string[]) => {
    const { code, output } = await clone.run(google, program, ...args, '--project', PROJECT);
    assert.equal(code, 0, output);
  };

  for (const [name, command] of Object.entries({
    'npm run deploy': ['node', ...DEPLOY, '--only', 'firestore'],
    'firebase deploy': FIREBASE,
  })) {
    it(`changes no rule, index or TTL policy of an app with a catch-all: ${name}`, async () => {
      const before = google.project.snapshot();
      await run(command);

      assert.deepEqual(changed(before, google.project), []);
      const { rulesetName } = google.project.get('firebaserules', 'releases/cloud.firestore/gatehouse') ?? {};
      const ruleset = google.project.resources.get(`firebaserules.googleapis.com/${rulesetName}`);
      const { source } = (ruleset ?? {}) as { source?: { files: { content: string }[] } };
      assert.equal(source?.files[0]?.content, OWN_RULES);
      const written = google.calls
        .filter(({ method, host }) => method !== 'GET' && host === 'firestore.googleapis.com')
        .map(({ path }) => path.split('/')[4]);
      assert.deepEqual([...new Set(written)], ['gatehouse']);
    });
  }

  it('from a list of databases creates another one in nam5: the guide advises against it', async () => {
    google.project.resources.delete(google.project.key('firestore', 'databases/(default)'));
    const list = [{ database: '(default)' }, { database: 'gatehouse', rules: 'firestore.rules' }];
    writeFileSync(join(clone.folder, 'list.json'), JSON.stringify({ firestore: list }));
    await run(['firebase', 'deploy', '--only', 'firestore:gatehouse', '--config', 'list.json']);
    assert.equal(google.project.get('firestore', 'databases/(default)')?.locationId, 'nam5');
  });
});
