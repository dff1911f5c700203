import assert from 'node:assert/strict';
import { modules } from '../../../src/modules.ts';
import { fieldsIn, pathParameters, takesIfMatch } from '../../../src/pipeline/operation.ts';
import { type Api, openApi } from '../../helpers/api.ts';
import { type BadValue, badValuesOf } from '../../helpers/bad-values.ts';
import { call, openCallables } from '../callable/call.ts';

interface Errors {
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
}

/** The error names the field with its prefix, and its message is one sentence that says what to send. */
function assertExplained({ errors = [] }: Errors, field: string, { value, says }: BadValue): void {
  const found = errors.find((error) => error.field === field);
  const what = `${field} of ${JSON.stringify(value)?.slice(0, 60)}: ${JSON.stringify(errors)}`;
  assert.ok(found, what);
  assert.match(found.message, /^[A-Z].*\.$/s, what);
  assert.doesNotMatch(found.message, /Invalid|[Ee]xpected|Too (big|small)|undefined/, what);
  for (const part of says) assert.ok(found.message.includes(part), `${what} does not say ${part}`);
}

/** In a query every value is text. */
const inQuery = (value: unknown) =>
  typeof value === 'number' || typeof value === 'string' ? value : undefined;

describe('http: every field of every operation', () => {
  let api: Api;
  before(async () => {
    api = await openApi();
  });
  after(() => api.close());

  for (const operation of modules.operations) {
    const { name, http, input } = operation;
    const inPath = pathParameters(http);
    const part = fieldsIn(http);
    const bad = badValuesOf(input).filter(({ field, value, says }) => {
      if (inPath.includes(field)) return typeof value === 'string' && value !== '';
      return part === 'body' || (inQuery(value) !== undefined && !says.includes('a text'));
    });
    if (bad.length === 0) continue;

    it(`${name}: names a bad field, and says what to send`, async () => {
      for (const one of bad) {
        const isInPath = inPath.includes(one.field);
        const path = http.path.replaceAll(/:(\w+)/g, (_, parameter: string) =>
          encodeURIComponent(parameter === one.field ? String(one.value) : 'member'),
        );
        const request = api.as('owner')[http.method](`/v1${path}`);
        const [top = ''] = one.field.split('.');
        const version = takesIfMatch(operation) && top !== 'version' ? { version: 1 } : {};
        const fields = isInPath ? version : { ...version, [top]: one.value };
        const answer = await (part === 'query'
          ? request.query(isInPath ? {} : fields)
          : request.send(fields));
        assert.equal(answer.status, 400, `${http.method} ${path} ${JSON.stringify(fields)}: ${answer.text}`);
        assertExplained(answer.body, `${isInPath ? 'params' : part}.${one.field}`, one);
      }
    });
  }
});

describe('callables: every field of every operation', () => {
  let api: Api;
  before(async () => {
    api = await openCallables();
  });
  after(() => api.close());

  for (const operation of modules.operations) {
    const bad = operation.callable ? badValuesOf(operation.input) : [];
    if (bad.length === 0) continue;
    it(`${operation.name}: names a bad field below data, and says what to send`, async () => {
      for (const one of bad) {
        const [top = ''] = one.field.split('.');
        const version = takesIfMatch(operation) && top !== 'version' ? { version: 1 } : {};
        const { text } = await call(api, operation.name, { ...version, [top]: one.value }, { as: 'owner' });
        assertExplained(JSON.parse(text).error.details, `data.${one.field}`, one);
      }
    });
  }
});
