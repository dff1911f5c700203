import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clone, makeClone } from '../stand-in/clone.ts';
import { type StandIn, startGoogle } from '../stand-in/google.ts';
import { busyProject, changed, OWN_RULES, PROJECT } from '../stand-in/scenarios.ts';

describe('firebase deploy of rules and indexes to an own database', function () {
  this.timeout(120_000);

  let clone: Clone;
  let google: StandIn;
  beforeEach(async () => {
    clone = makeClone(PROJECT);
    google = await startGoogle(busyProject());
  });
  afterEach(async () => {
    clone.remove();
    await google.close();
  });

  const deploy = async (...args: string[]) => {
    const { code, output } = await clone.run(
      google,
      'firebase',
      ...[
        ...['deploy', '--only', 'firestore', '--project', PROJECT, '--non-interactive', '--force', ...args],
      ],
    );
    assert.equal(code, 0, output);
  };
  const written = () =>
    google.calls
      .filter(({ method, host }) => method !== 'GET' && /^firestore\./.test(host))
      .map(({ path }) => path.split('/')[4] ?? '');

  it('changes no rule, index or TTL policy of the app', async () => {
    google.project.set('firestore', 'databases/gatehouse', { locationId: 'eur3', type: 'FIRESTORE_NATIVE' });
    clone.edit('firebase.json', (json: { firestore: object }) => {
      json.firestore = { database: 'gatehouse', ...SETTING };
    });
    const before = google.project.snapshot();
    await deploy();

    assert.deepEqual(changed(before, google.project), []);
    assert.ok(written().length > 0);
    assert.deepEqual([...new Set(written())], ['gatehouse']);
    const { rulesetName } = google.project.get('firebaserules', 'releases/cloud.firestore/gatehouse') ?? {};
    const ruleset = google.project.get('firebaserules', String(rulesetName).split('/').slice(2).join('/'));
    assert.equal(JSON.stringify(ruleset).includes(JSON.stringify(OWN_RULES)), true);
  });

  it('creates the database where firebase.json says, if it is missing', async () => {
    clone.edit('firebase.json', (json: { firestore: object }) => {
      json.firestore = { database: 'gatehouse', location: 'eur3', ...SETTING };
    });
    await deploy();
    assert.equal(google.project.get('firestore', 'databases/gatehouse')?.locationId, 'eur3');
  });

  it('with a list of databases creates another one in nam5: why the guide advises against it', async () => {
    google.project.resources.delete(google.project.key('firestore', 'databases/(default)'));
    google.project.set('firestore', 'databases/gatehouse', { locationId: 'eur3', type: 'FIRESTORE_NATIVE' });
    writeFileSync(
      join(clone.folder, 'list.json'),
      JSON.stringify({ firestore: [{ database: '(default)' }, { database: 'gatehouse', ...SETTING }] }),
    );
    await deploy('--only', 'firestore:gatehouse', '--config', 'list.json');
    assert.equal(google.project.get('firestore', 'databases/(default)')?.locationId, 'nam5');
  });
});
