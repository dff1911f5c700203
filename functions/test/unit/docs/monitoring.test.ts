import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ALL_PERMISSIONS, isPrivileged } from '../../../src/authz/permissions.ts';
import { createLog } from '../../../src/core/log.ts';
import { type Api, breakFirebaseAuth, openApi } from '../../helpers/api.ts';
import { REPOSITORY, readPage } from '../../helpers/docs.ts';

/** The log-based metrics of docs/operations/monitoring, on lines that the API writes. */

const FOLDER = join(REPOSITORY, 'docs/operations/monitoring');
const read = (file: string) => JSON.parse(readFileSync(join(FOLDER, file), 'utf8'));
const NAMES = globSync('*.metric.json', { cwd: FOLDER }).map((file) => basename(file, '.metric.json'));

type Fields = Readonly<Record<string, unknown>>;

/** The value at a path: `jsonPayload.status`. */
function valueAt(entry: Fields, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => Reflect.get(Object(value), name), entry);
}

/**
 * Does a log entry match a filter? Only what our filters use of the query language: comparisons with a text, a boolean, a
 * number or a list of texts, some negated, all joined by AND (https://cloud.google.com/logging/docs/view/logging-query-language).
 */
function matches(filter: string, entry: Fields): boolean {
  return filter.split(' AND ').every((comparison) => {
    if (comparison.startsWith('NOT ')) return !matches(comparison.slice(4), entry);
    const [, path = '', operator = '', operand = ''] =
      /^([\w.]+)(>=|=)(\(.+\)|"[^"]*"|\w+)$/.exec(comparison) ?? assert.fail(comparison);
    const value = valueAt(entry, path);
    const allowed: unknown[] = operand.startsWith('(')
      ? operand
          .slice(1, -1)
          .split(' OR ')
          .map((text) => JSON.parse(text))
      : [JSON.parse(operand)];
    if (operator === '=') return allowed.includes(value);
    return typeof value === 'number' && value >= Number(operand);
  });
}

/** The entry that Cloud Logging makes of a line on stdout. */
const toEntry = ({ severity, message, ...jsonPayload }: Fields) => ({
  ...{ severity, jsonPayload: { ...jsonPayload, message } },
  resource: { type: 'cloud_run_revision', labels: { service_name: 'api' } },
});

describe('docs/operations/monitoring', () => {
  let api: Api;
  const lines: Fields[] = [];
  before(async () => {
    api = await openApi({ log: createLog((line) => lines.push(line)) });
  });
  after(() => api.close());

  const revoke = (who: 'owner' | 'member') =>
    api.as(who).put('/v1/users/norole/roles').send({ grants: [], version: 9 });
  const requests: [what: string, send: () => PromiseLike<unknown>, counted: string[]][] = [
    ['a granted request', () => api.as('member').get('/v1/me'), []],
    ['a request with bad input', () => api.as('owner').get('/v1/users?x=1'), []],
    ['an anonymous request', () => api.as().get('/v1/me'), ['refusals']],
    ['a missing permission', () => api.as('member').get('/v1/users'), ['refusals']],
    ['another origin', () => api.as().get('/v1/me').set('Origin', 'https://evil.com'), ['refusals']],
    ['broken JSON', () => api.as().post('/v1/notes').type('json').send('{'), ['refusals']],
    [
      'a forged token',
      () => api.as().get('/v1/me').set('Authorization', 'Bearer a.b.c'),
      ['invalid-tokens', 'refusals'],
    ],
    ['a privileged attempt', () => revoke('member'), ['privileged-refusals', 'refusals']],
    ['a privileged change that conflicts', () => revoke('owner'), []],
    [
      'a dependency that fails',
      () => {
        breakFirebaseAuth(api.google);
        return revoke('owner');
      },
      ['failures', 'refusals'],
    ],
  ];
  it('counts a request that shadow mode let pass in shadow-refusals only', () => {
    const written: Fields[] = [];
    createLog((line) => written.push(line)).decision({
      ...{ requestId: '1', method: 'GET', route: '/projects', status: 200, permission: 'signed-in' },
      ...{ granted: false, reason: 'wrong-signature', code: 'invalid_token', enforcement: 'shadow' },
    });
    assert.deepEqual(metricsOf(written), ['shadow-refusals']);
  });

  const metricsOf = (written: readonly Fields[]) =>
    NAMES.filter((name) => {
      const { filter } = read(`${name}.metric.json`);
      return written.map(toEntry).some((entry) => matches(filter, entry));
    }).toSorted();

  for (const [what, send, counted] of requests) {
    it(`counts ${what} in ${counted.join(' and ') || 'no metric'}`, async () => {
      lines.length = 0;
      await send();
      assert.deepEqual(metricsOf(lines), counted);
    });
  }

  for (const name of NAMES) {
    it(`labels ${name} with fields of the lines that it counts`, async () => {
      const { filter, metricDescriptor, labelExtractors } = read(`${name}.metric.json`);
      const keys: string[] = metricDescriptor.labels.map(({ key }: { key: string }) => key);
      assert.deepEqual(Object.keys(labelExtractors), keys);
      assert.match(filter, /^resource\.type="cloud_run_revision" AND jsonPayload\.event="decision" AND /);
      const page = readPage('docs/reference/log-events.md');
      for (const key of keys) {
        assert.equal(labelExtractors[key], `EXTRACT(jsonPayload.${key})`);
        assert.ok(page.includes(`\`${key}\``), key);
      }
    });

    it(`has the filter of ${name} on the page`, () => {
      const { filter } = read(`${name}.metric.json`);
      assert.ok(readPage('docs/operations/monitoring.md').includes(`- \`${name}\`: \`${filter}\``));
    });

    // It is watched while the roll-out goes on.
    if (name === 'shadow-refusals') continue;

    it(`has an alert on ${name}, and the page has the command`, () => {
      const [condition] = read(`${name}.alert.json`).conditions;
      assert.equal(
        condition.conditionThreshold.filter,
        `resource.type="cloud_run_revision" AND metric.type="logging.googleapis.com/user/gatehouse-${name}"`,
      );
      const page = readPage('docs/operations/monitoring.md');
      assert.match(page, new RegExp(`for name in .*\\b${name}\\b`), 'the command has the name');
    });
  }

  it('names every privileged permission', () => {
    const { filter } = read('privileged-refusals.metric.json');
    const named = [...filter.matchAll(/"(\w+:\w+)"/g)].map(([, permission]) => permission);
    assert.deepEqual(named.toSorted(), ALL_PERMISSIONS.filter((one) => isPrivileged(one)).toSorted());
  });
});
