import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import {
  answer,
  CALLS,
  edit,
  examine,
  functionOf,
  healthyClone,
  healthyKit,
  healthyLibrary,
  openRules,
  ownerDocument,
  writeProject,
} from '../../helpers/doctor-project.ts';
import { Failure, SILENCE } from '../../helpers/google-apis.ts';

describe('gatehouse doctor: kits, libraries and checks that cannot run', () => {
  it('finds a project without Gatehouse', async () => {
    const project = healthyLibrary();
    project.files['functions/package.json'] = { dependencies: { express: '5.0.0' } };
    assert.deepEqual(
      (await examine(project)).findings.map(({ id }) => id),
      ['not-installed'],
    );
  });

  it('leaves functions and settings of the adopter of a library alone', async () => {
    const project = healthyLibrary();
    edit('functions/.env', (text) => `${text}STRIPE_PLAN=gold\nAPP_CHEK=true\n`)(project);
    const region = (name: string) => ({ name: `projects/shop/locations/${name}/functions/web` });
    answer(CALLS.functions, {
      functions: ['us-central1', 'europe-west1'].map((name) => functionOf('default', 'web', region(name))),
    })(project);
    const { findings } = await examine(project);
    const found = findings.filter(({ id }) => id !== 'blocking-function-gone');
    assert.deepEqual(
      found.map(({ fix }) => fix),
      ['Did you mean APP_CHECK?'],
    );
  });

  it('finds the mistakes of a kit under the names of the kit', async () => {
    const project = healthyKit();
    const settings = 'function-kits/functions/config-functions/.env.shop';
    edit(settings, (text) => `${text}APP_CHEK=true\nDEFAULT_REGION=europe-west1\n`)(project);
    edit('function-kits/functions/firestore/firestore.rules', openRules)(project);
    answer(CALLS.functions, {
      functions: [functionOf('functions', 'kit-functions-api', { state: 'FAILED' })],
    })(project);
    const { findings } = await examine(project, { folder: 'functions' });
    assert.deepEqual(
      findings.map(({ id }) => id),
      [
        'parameter-unknown',
        'parameter-unknown',
        'rules-exposed',
        'function-not-active',
        'blocking-function-gone',
      ],
    );
    assert.equal(findings[0]?.fix, 'Did you mean APP_CHECK?');
  });

  it('accepts a rewrite of /v1, which the function serves whatever BASE_PATH is', async () => {
    const project = healthyClone();
    edit('firebase.json', (text) => text.replace('/api/**', '/v1/**'))(project);
    assert.deepEqual((await examine(project)).findings, []);
  });

  it('takes the Firebase CLI of the PATH where the project has none, and may do without', async () => {
    const project = healthyLibrary();
    delete project.files['node_modules/firebase-tools/package.json'];
    const { root, remove } = writeProject({ files: { firebase: '#!/bin/sh\necho 15.31.4\n' }, answers: {} });
    chmodSync(`${root}/firebase`, 0o755);
    const { PATH } = process.env;
    try {
      process.env.PATH = root;
      assert.match((await examine(project)).findings[0]?.what ?? '', /^the Firebase CLI is 15\.31\.4/);
      process.env.PATH = `${root}/none`;
      const { outcomes, findings } = await examine(project);
      assert.deepEqual(findings, []);
      assert.equal(outcomes.find(({ check }) => check === 'Firebase CLI')?.status, 'skipped');
    } finally {
      process.env.PATH = PATH;
      remove();
    }
  });

  it('examines a kit that was installed from a folder, and each of its instances', async () => {
    const project = healthyKit();
    const source = 'function-kits/functions/source';
    project.files['firebase.json'] = {
      functions: {
        kit: 'functions',
        source,
        instances: { a: 'functions', b: 'function-kits/functions/config-functions' },
      },
    };
    answer(CALLS.billing, {})(project);
    const { outcomes, findings } = await examine(project);
    assert.deepEqual(
      findings.map(({ id }) => id),
      // The instance `a` has no parameters, so its database is another one. Each instance has a secret of its own.
      ['several-databases', 'billing-disabled', 'database-missing', 'secret-missing', 'secret-missing'],
    );
    assert.match(findings[0]?.what ?? '', /\(kit a \(default\), kit b gatehouse\), but the custom claims/);
    assert.deepEqual([...new Set(outcomes.map(({ codebase }) => codebase))], ['a', 'b']);
  });

  it('ignores the rules of other databases, and owners of other issuers and disabled ones', async () => {
    const project = healthyKit();
    const external = ownerDocument('ext-1');
    Object.assign(external.document.fields, { identity: { mapValue: {} } });
    answer(CALLS.owners('gatehouse'), [external])(project);
    assert.deepEqual((await examine(project)).findings, []);
    Object.assign(external.document.fields, { disabled: { booleanValue: true } });
    assert.deepEqual(
      (await examine(project)).findings.map(({ id }) => id),
      ['owner-missing'],
    );
  });

  const failures: readonly [string, unknown, RegExp][] = [
    ['is refused', new Failure(403, 'Permission denied on billing'), /Permission denied on billing/],
    ['gets no answer', SILENCE, /no answer in 2 s/],
    ['gets another answer than expected', '<html>', /unexpected answer/],
  ];
  for (const [what, value, reason] of failures) {
    it(`says that a check could not run when it ${what}`, async () => {
      const project = healthyClone();
      answer(CALLS.billing, value)(project);
      const { findings, outcomes } = await examine(project, { deadlineMs: 2000 });
      assert.deepEqual(findings, []);
      const failed = outcomes.filter(({ status }) => status === 'failed');
      assert.deepEqual(
        failed.map(({ check }) => check),
        ['Blaze plan'],
      );
      assert.match(failed[0]?.reason ?? '', reason);
    });
  }

  it('does not decide about functions in a region that did not answer', async () => {
    const project = healthyClone();
    answer(CALLS.functions, { functions: [], unreachable: ['europe-west1'] })(project);
    const { findings, outcomes } = await examine(project);
    assert.deepEqual(findings, []);
    const failed = outcomes.filter(({ status }) => status === 'failed').map(({ check }) => check);
    assert.deepEqual(failed, ['functions', 'regions', 'blocking functions', 'roles of service accounts']);
  });
});
