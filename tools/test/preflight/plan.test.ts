import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { ROOT } from '../../lib/emulator-setup.ts';
import { partsOf } from '../../lib/preflight/items.ts';
import { planDeployment } from '../../lib/preflight/plan.ts';
import { ask } from '../../lib/preflight/preflight.ts';
import { deployed, empty, OWN_RULES, plan, rulesWith, wanted } from './states.ts';

const OURS = deployed('api', 'gatehouse');

describe('the plan of a deployment', () => {
  it('has no question for a new project', () => {
    assert.deepEqual(plan({}), []);
  });

  describe('rules', () => {
    it('asks before it replaces those that let clients reach the collections', () => {
      const rules = rulesWith('match /{all=**} { allow read: if request.auth != null; }');
      assert.deepEqual(plan({ rules }), ['replace Firestore rules [rules]']);
    });

    it('refuses functions alone while released rules let clients reach the collections', () => {
      const rules = rulesWith('match /{all=**} { allow read: if request.auth != null; }');
      assert.deepEqual(plan({ rules }, {}, { parts: ['functions'] }), [
        'refuse Firestore rules, as released',
      ]);
    });

    it('refuses to release own rules that let clients reach the collections', () => {
      const open = OWN_RULES.replace('if false', 'if request.auth != null');
      assert.deepEqual(plan({}, { rules: open }), ['refuse firestore.rules']);
    });

    it('leaves rules of others that close the collections, unless they are accepted or asked for', () => {
      const rules = rulesWith('match /orders/{id} { allow read: if true; }');
      assert.deepEqual(plan({ rules }), []);
      assert.deepEqual(plan({ rules }, {}, { accept: ['rules'] }), ['replace Firestore rules [rules]']);
      assert.deepEqual(plan({ rules }, {}, { explicit: ['rules'] }), ['replace Firestore rules [rules]']);
    });

    it('replaces an earlier version of ours without a question', () => {
      const rules = rulesWith('// gatehouse:roles begin\nmatch /notes/{note} { allow read: if true; }');
      assert.deepEqual(plan({ rules, functions: [OURS] }), [
        'change Firestore rules',
        'change function api (us-central1)',
      ]);
    });

    it('leaves rules of another app that open a collection of the same name', () => {
      const rules = rulesWith('match /notes/{note} { allow read: if true; }');
      assert.deepEqual(plan({ rules }), []);
      assert.deepEqual(plan({ rules, functions: [OURS] }), ['change function api (us-central1)']);
    });

    it('asks about rules that it cannot read', () => {
      assert.deepEqual(plan({ rules: rulesWith('match') }), ['replace Firestore rules [rules]']);
    });
  });

  describe('functions', () => {
    it('asks before it replaces one of another codebase, in the same region only', () => {
      const functions = [deployed('api', 'default'), deployed('api', 'shop', { region: 'europe-west1' })];
      assert.deepEqual(plan({ functions }), ['replace function api (us-central1) [function:api]']);
    });

    it('asks before it replaces one that the Firebase CLI did not deploy', () => {
      assert.deepEqual(plan({ functions: [deployed('api', undefined)] }), [
        'replace function api (us-central1) [function:api]',
      ]);
    });

    it('refuses to replace one of the 1st generation', () => {
      const functions = [deployed('api', 'default', { generation: 1 })];
      assert.deepEqual(plan({ functions }), ['refuse function api (us-central1)']);
    });

    it('asks before it deletes one of ours that is gone, unless only some are deployed', () => {
      const functions = [OURS, deployed('old', 'gatehouse'), deployed('orders', 'default')];
      assert.deepEqual(plan({ functions }), [
        'change function api (us-central1)',
        'delete function old (us-central1) [function:old]',
      ]);
      assert.deepEqual(plan({ functions }, {}, { isPartial: true }), ['change function api (us-central1)']);
    });

    it('asks before Authentication calls ours instead of another blocking function', () => {
      const shop = deployed('checkDomain', 'default');
      const identity = {
        isIdentityPlatform: true,
        blocking: { beforeCreate: String(shop.uri) },
        emailPassword: true,
      };
      assert.deepEqual(plan({ functions: [shop], identity }), [
        'replace beforeCreate of Authentication [blocking:beforeCreate]',
      ]);
      const ours = deployed('beforeUserCreated', 'gatehouse');
      const own = { ...identity, blocking: { beforeCreate: String(ours.uri) } };
      assert.deepEqual(plan({ functions: [ours], identity: own }), [
        'change function beforeUserCreated (us-central1)',
      ]);
    });

    it('refuses a region that Google does not list', () => {
      assert.deepEqual(plan({ unreachable: ['us-central1', 'asia-east1'] }), [
        'refuse functions in us-central1',
      ]);
    });

    it('asks before the images of functions of others get a cleanup policy', () => {
      const uncleaned = ['us-central1'];
      assert.deepEqual(plan({ functions: [OURS], uncleaned }, {}, { isInteractive: false }), [
        'change function api (us-central1)',
      ]);
      const functions = [deployed('orders', 'default')];
      assert.deepEqual(plan({ functions, uncleaned }, {}, { isInteractive: false }), [
        'change container images in us-central1 [images:us-central1]',
      ]);
      assert.deepEqual(plan({ functions, uncleaned }), []); // in a terminal the CLI asks
    });
  });

  describe('indexes and TTL policies', () => {
    it('leaves the settings that another app has made for a field, unless they are accepted', () => {
      const field = (collectionGroup: string, fieldPath: string) => ({
        ...{ name: '', collectionGroup, fieldPath, ttl: undefined },
        indexes: [{ fields: [{ fieldPath, order: 'ASCENDING' }] }],
      });
      const fields = [field('orders', 'at'), field('notes', 'body')];
      const change = ['change indexes of field notes.body'];
      assert.deepEqual(plan({ fields }), []);
      assert.deepEqual(plan({ fields }, {}, { accept: ['field:notes.body'] }), change);
      // Also in later deployments, except for collections that no app shares with us.
      const installed = { fields: [...fields, field('accessChanges', 'expireAt')], functions: [OURS] };
      assert.deepEqual(plan(installed, {}, { parts: ['indexes'] }), [
        'change TTL policy of field accessChanges.expireAt',
      ]);
    });

    it('asks before it shares a database with collections of the same name', () => {
      const collections = ['directory'];
      assert.deepEqual(plan({ collections }), ['change collections directory [collections]']);
      assert.deepEqual(plan({ collections, functions: [OURS] }), ['change function api (us-central1)']);
    });

    it('asks before a TTL policy deletes documents of another app, in an upgrade, too', () => {
      const ttl = 'TTL policy of field accessChanges.expireAt [ttl:accessChanges]';
      const collections = ['accessChanges'];
      const [, created] = plan({ collections }, {}, { accept: ['collections'] });
      assert.equal(created, `create ${ttl}`);
      const upgrade = { functions: [OURS], collections };
      const indexes = { parts: ['indexes'] } as const;
      assert.deepEqual(plan(upgrade, {}, indexes), [`create ${ttl}`]);
      const field = { name: '', collectionGroup: 'accessChanges', fieldPath: 'expireAt', indexes: [] };
      const withIndexes = { ...upgrade, fields: [{ ...field, ttl: undefined }] };
      assert.deepEqual(plan(withIndexes, {}, indexes), [`change ${ttl}`]);
      assert.deepEqual(plan({ ...upgrade, fields: [{ ...field, ttl: 'ACTIVE' }] }, {}, indexes), []);
      // The deployer may not read documents.
      assert.deepEqual(plan({ ...upgrade, collections: undefined }, {}, indexes), [`create ${ttl}`]);
    });

    it('asks before it creates a database, and names its location', () => {
      const items = planDeployment(
        { ...wanted, location: 'eur3' },
        { ...empty, database: undefined },
        {
          ...{
            parts: ['indexes'],
            explicit: [],
            accepted: new Set(),
            isPartial: false,
            isInteractive: false,
          },
        },
      );
      const [item] = items;
      assert.deepEqual(
        [items.length, item?.key, item?.what],
        [1, 'database', 'Firestore database (default) in eur3'],
      );
    });
  });

  it('asks before it creates a database for rules alone, and refuses one in Datastore mode', () => {
    const parts = ['rules'] as const;
    const [database] = planDeployment(
      wanted,
      { ...empty, database: undefined },
      { ...{ parts, explicit: parts, accepted: new Set(), isPartial: false }, isInteractive: false },
    );
    assert.equal(database?.key, 'database');
    const datastore = { location: 'eur3', type: 'DATASTORE_MODE', edition: 'STANDARD' };
    assert.deepEqual(plan({ database: datastore }, {}, { parts }), ['refuse Firestore database (default)']);
  });

  describe('Hosting', () => {
    const release = {
      time: undefined,
      message: undefined,
      version: 'v',
      labels: {},
      rewrites: [] as string[],
    };
    const own = { ...release, rewrites: ['/{identitytoolkit,securetoken}.googleapis.com/**'] };
    const site = 'shop-console';
    const hosting = { parts: ['hosting'] as const };

    it('asks before our page replaces the website of the project, or another', () => {
      const replace = [`warn Hosting site ${site}`, `replace Hosting site ${site} [site:${site}]`];
      assert.deepEqual(plan({ site: { isDefault: false, release } }, { site }, hosting), replace);
      assert.deepEqual(plan({ site: { isDefault: true, release: undefined } }, { site }, hosting), replace);
    });

    it('deploys again to the site of the page', () => {
      const files = { site, callingSites: ['shop', site] };
      assert.deepEqual(plan({ site: { isDefault: false, release: own } }, files, hosting), [
        `change Hosting site ${site}`,
      ]);
    });

    it('refuses a site that does not exist, and rewrites to a function that is not deployed', () => {
      assert.deepEqual(plan({}, { site }, hosting), [`refuse Hosting site ${site}`]);
      const files = { site, rewrites: ['gatehouse-api'] };
      assert.deepEqual(plan({ site: { isDefault: false, release: own } }, files, hosting), [
        `refuse Hosting site ${site}`,
      ]);
    });
  });

  it('leaves sign-in methods of a project that signs users in, unless asked', () => {
    const identity = { isIdentityPlatform: false, blocking: {}, emailPassword: false };
    assert.deepEqual(plan({ identity }), []);
    assert.deepEqual(plan({ identity }, {}, { explicit: ['auth'] }), [
      'change sign-in methods emailPassword [auth]',
    ]);
    assert.deepEqual(
      plan({ identity: { ...identity, emailPassword: true } }, {}, { explicit: ['auth'] }),
      [],
    );
  });

  it('refuses without Blaze, without a permission, and without a service account', () => {
    assert.deepEqual(
      plan({
        blaze: false,
        missingPermissions: ['cloudfunctions.functions.create'],
        unusableAccounts: ['a@shop.test'],
      }),
      ['refuse billing', 'refuse your account', 'refuse service account a@shop.test'],
    );
    assert.deepEqual(plan({ blaze: false }, {}, { parts: ['rules'] }), []);
  });

  it('warns about a service account that lacks permissions', () => {
    const poorAccounts = [
      { email: 'a@shop.test', missing: ['datastore.entities.get'], roles: ['roles/datastore.user'] },
    ];
    assert.deepEqual(plan({ poorAccounts }), ['warn service account a@shop.test']);
    assert.deepEqual(plan({ poorAccounts: undefined }), ['warn roles of the service accounts']);
  });
});

describe('--only and --except', () => {
  it('select parts as in firebase deploy', () => {
    assert.deepEqual(partsOf({ only: 'functions:gatehouse:api,firestore:indexes' }), [
      'indexes',
      'functions',
    ]);
    assert.deepEqual(partsOf({ only: 'firestore' }), ['rules', 'indexes']);
    assert.deepEqual(partsOf({ except: 'hosting,auth' }), ['rules', 'indexes', 'functions']);
    assert.deepEqual(partsOf({}), ['rules', 'indexes', 'functions', 'hosting', 'auth']);
  });

  it('name parts of this repository: a wrong word does not deploy nothing, or everything', () => {
    assert.throws(() => partsOf({ only: 'functoins' }), /no part "functoins"/);
    assert.throws(() => partsOf({ except: 'hostin' }), /no part "hostin"/);
  });
});

describe('the questions of a deployment', () => {
  it('are answered with yes or no, and no is the default', async () => {
    const input = new PassThrough();
    const output = new PassThrough();
    const answers = ['yes', '', 'n', 'Y'];
    output.on('data', () => setImmediate(() => input.write(`${answers.shift()}\n`)));
    const items = ['a', 'b', 'c', 'd'].map((key) => ({ action: 'replace' as const, what: key, key }));
    assert.deepEqual(
      (await ask(items, input, output)).map(({ what }) => what),
      ['b', 'c'],
    );
  });

  it('are two for the same key: yes to a deleted function is no yes to a replaced one', async () => {
    const input = new PassThrough();
    const output = new PassThrough();
    const answers = ['yes', 'no'];
    output.on('data', () => setImmediate(() => input.write(`${answers.shift()}\n`)));
    const key = 'function:api';
    const items = (['delete', 'replace'] as const).map((action) => ({ action, what: action, key }));
    assert.deepEqual(await ask(items, input, output), items.slice(1));
  });

  it('have the keys of the guide', () => {
    const folder = join(ROOT, 'tools/lib/preflight');
    const sources = globSync('plan*.ts', { cwd: folder }).map((name) =>
      readFileSync(join(folder, name), 'utf8'),
    );
    const keys = sources.flatMap((text) => [...text.matchAll(/\bkey: ['`]([a-z]+)/g)].map(([, key]) => key));
    const guide = readFileSync(join(ROOT, 'docs/guides/deploy.md'), 'utf8');
    const [, table = ''] = guide.split('| key | what you accept |');
    const rows = table.split('\n\n')[0]?.match(/^\| `[a-z]+/gm) ?? [];
    assert.deepEqual([...new Set(keys)].toSorted(), rows.map((row) => row.slice(3)).toSorted());
  });
});
