import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FINDINGS } from '../../../cli/doctor/findings.ts';
import { anchorsOf, codesIn, tableUnder } from '../../helpers/docs.ts';
import {
  CALLS,
  type HealthyProject,
  healthyClone,
  PROJECT,
  writeProject,
} from '../../helpers/doctor-project.ts';
import { Failure, openGoogleApis } from '../../helpers/google-apis.ts';

const MAIN = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url));
const PAGE = 'docs/reference/cli.md';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command in the folder of a project, with application default credentials for tokens from loopback. */
async function doctor(project: HealthyProject, args: readonly string[], credentials = true): Promise<Ended> {
  const { root, remove } = writeProject(project);
  const tokens = { access_token: 'from-the-stand-in', token_type: 'Bearer', expires_in: 3600 };
  const google = await openGoogleApis(PROJECT, {
    ...project.answers,
    'POST /token': { ...tokens, issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' },
  });
  const file = join(root, 'credentials.json');
  writeFileSync(join(root, 'subject-token'), 'workload');
  writeFileSync(
    file,
    JSON.stringify({
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/ci',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${process.env.FIREBASE_API_URL}/token`,
      credential_source: { file: join(root, 'subject-token') },
    }),
  );
  const GOOGLE_APPLICATION_CREDENTIALS = credentials ? file : join(root, 'none.json');
  const env = { ...process.env, GOOGLE_APPLICATION_CREDENTIALS };
  try {
    const ended = await new Promise<Ended>((resolve) => {
      execFile(process.execPath, [MAIN, 'doctor', ...args], { cwd: root, env }, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
      );
    });
    for (const { call, headers } of google.requests.filter(
      (one) => one.call !== 'HEAD /' && one.call !== 'POST /token',
    )) {
      assert.equal(headers.authorization, 'Bearer from-the-stand-in', call);
      assert.equal(headers['x-goog-user-project'], PROJECT, call);
      assert.match(call, /^GET |:(getIamPolicy|runQuery|lookup)$/, 'changes nothing');
    }
    return ended;
  } finally {
    await google.close();
    remove();
  }
}

const broken = (call: string, answer: unknown) => {
  const project = healthyClone();
  project.answers[call] = answer;
  return project;
};

describe('gatehouse doctor: command', () => {
  it('ends with 0 for a healthy project, named by its alias', async () => {
    const { code, stdout, stderr } = await doctor(healthyClone(), ['--project', 'production']);
    assert.equal(stderr, '');
    assert.match(
      stdout,
      /^gatehouse doctor: shop, clone gatehouse in functions\n\n0 errors, 0 warnings; \d+ checks ok, 0 skipped, 0 could not run\n$/,
    );
    assert.equal(code, 0);
  });

  it('ends with 1 for an error, and prints what is wrong, what to do, and the page', async () => {
    const { code, stdout } = await doctor(broken(CALLS.billing, {}), ['--project', PROJECT]);
    assert.equal(code, 1);
    assert.match(
      stdout,
      /error billing-disabled\n {2}shop is not on the Blaze plan.*\n {2}Fix: Upgrade it: https:.*\n {2}See: docs\/guides\/deploy\.md#1-prepare-the-project\n/,
    );
  });

  it('ends with 0 for warnings alone', async () => {
    const { code, stdout } = await doctor(broken(CALLS.owners('(default)'), [{}]), ['--project', PROJECT]);
    assert.match(stdout, /warning owner-missing/);
    assert.equal(code, 0);
  });

  it('ends with 3 when a check could not run', async () => {
    const refused = broken(CALLS.billing, new Failure(403, 'Permission denied'));
    const { code, stdout } = await doctor(refused, ['--project', PROJECT]);
    assert.match(stdout, /could not run: Blaze plan \(127\.0\.0\.1:\d+: Permission denied\)/);
    assert.equal(code, 3);
  });

  it('ends with 3 without credentials, and says how to get them', async () => {
    const { code, stdout } = await doctor(healthyClone(), ['--project', PROJECT], false);
    assert.match(
      stdout,
      /could not run: Blaze plan, .*no access token: .*gcloud auth application-default login/,
    );
    assert.equal(code, 3);
  });

  it('reads the files only with --offline, without a project, and for a demo- project', async () => {
    const unnamed = healthyClone();
    unnamed.files['.firebaserc'] = undefined;
    const runs = [
      [await doctor(healthyClone(), ['--project', PROJECT, '--offline'], false), '--offline'],
      [await doctor(healthyClone(), [], false), 'demo-gatehouse exists only in the emulators'],
      [await doctor(unnamed, [], false), 'name the project'],
    ] as const;
    for (const [{ code, stdout }, reason] of runs) {
      assert.match(stdout, new RegExp(`skipped: clock, .*owners \\(${reason}`));
      assert.equal(code, 0);
    }
  });

  it('prints JSON of a stable shape', async () => {
    const project = broken(CALLS.accounts, new Failure(500, 'Try again'));
    project.files['functions/.env.shop'] = 'APP_CHEK=true\n';
    const { code, stdout } = await doctor(project, ['--project', PROJECT, '--json']);
    const { checks, ...report } = JSON.parse(stdout);
    assert.equal(code, 3);
    assert.deepEqual(report, {
      version: 1,
      project: PROJECT,
      installations: [{ kind: 'clone', codebase: 'gatehouse', source: 'functions' }],
      findings: [
        {
          id: 'parameter-unknown',
          severity: 'warning',
          what: 'functions/.env.shop: nothing reads APP_CHEK',
          fix: 'Did you mean APP_CHECK?',
          docs: 'docs/reference/configuration.md#parameters',
        },
      ],
    });
    const [failed] = checks.filter(({ status }: { status: string }) => status === 'failed');
    assert.deepEqual(
      { ...failed, reason: '' },
      { check: 'owners', codebase: 'gatehouse', status: 'failed', reason: '' },
    );
  });

  const wrong: readonly [string[], Record<string, unknown>, RegExp][] = [
    [['--verbose'], healthyClone().files, /Unknown option '--verbose'.*Usage: gatehouse doctor/s],
    [['--timeout', 'soon'], healthyClone().files, /--timeout soon: is not a number of seconds/],
    [[], {}, /there is no firebase\.json in/],
    [[], { 'firebase.json': '{ "functions": 1 }' }, /firebase\.json: .*functions/s],
    [[], { 'firebase.json': '{ "functions": ' }, /firebase\.json: SyntaxError/],
  ];
  for (const [args, files, message] of wrong) {
    it(`ends with 2 and ${message.source.slice(0, 40)}`, async () => {
      const { code, stdout, stderr } = await doctor({ files, answers: {} }, args);
      assert.match(stderr, message);
      assert.equal(stdout, '');
      assert.equal(code, 2);
    });
  }
});

describe('docs/reference/cli.md: gatehouse doctor', () => {
  it('has a line for every finding, with its severity, and no other', () => {
    const rows = tableUnder(PAGE, '### Findings of doctor').map(([id, severity]) => [
      codesIn(id)[0],
      severity,
    ]);
    const expected = Object.entries(FINDINGS).map(([id, { severity }]) => [id, severity]);
    assert.deepEqual(rows.toSorted(), expected.toSorted());
  });

  it('has pages and headings for all findings', () => {
    for (const [id, { docs }] of Object.entries(FINDINGS)) {
      const [page = '', anchor] = docs.split('#');
      const anchors = anchorsOf(page);
      assert.ok(anchor === undefined || anchors.has(anchor), `${id}: ${docs}`);
    }
  });

  it('has the options of the usage', async () => {
    const { stdout } = await doctor(healthyClone(), ['--help']);
    const options = [...stdout.matchAll(/^ +(--[\w-]+)/gm)].map(([, option]) => option);
    const listed = tableUnder(PAGE, '## npm run doctor').map(([cell]) => codesIn(cell)[0]?.split(' ')[0]);
    assert.deepEqual(listed, options);
  });
});
