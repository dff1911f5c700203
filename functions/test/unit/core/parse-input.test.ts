import assert from 'node:assert/strict';
import * as z from 'zod';
import { parseInput } from '../../../src/core/parse-input.ts';
import { assertRefused } from '../../helpers/refusal.ts';

const schema = z.strictObject({
  name: z.string(),
  tags: z.array(z.strictObject({ id: z.int() })).optional(),
});
const parse = (value: unknown) =>
  parseInput(schema, value, (field) => (field === '' ? 'body' : `body.${field}`));

describe('parseInput', () => {
  it('returns the result of the schema', () => {
    assert.deepEqual(parse({ name: 'a', tags: [{ id: 1 }] }), { name: 'a', tags: [{ id: 1 }] });
    assert.equal(parseInput(z.coerce.number(), '7', String), 7);
  });

  const wrong: Record<string, readonly [value: unknown, fields: readonly string[]]> = {
    'a missing field': [{}, ['body.name']],
    'a wrong type': [{ name: 1 }, ['body.name']],
    'every wrong field': [
      { name: 1, tags: [{ id: 'x' }, { id: 0.5 }] },
      ['body.name', 'body.tags.0.id', 'body.tags.1.id'],
    ],
    'an unknown field': [{ name: 'a', uid: 'x' }, ['body.uid']],
    'every unknown field': [{ name: 'a', roles: [], disabled: true }, ['body.roles', 'body.disabled']],
    'a nested unknown field': [{ name: 'a', tags: [{ id: 1, admin: true }] }, ['body.tags.0.admin']],
    '__proto__ from JSON': [JSON.parse('{"name":"a","__proto__":{"admin":true}}'), ['body.__proto__']],
    'a field named constructor': [{ name: 'a', constructor: { prototype: {} } }, ['body.constructor']],
    'an array instead of an object': [[], ['body']],
    null: [null, ['body']],
    nothing: [undefined, ['body']],
    'a string': ['{"name":"a"}', ['body']],
  };
  for (const [what, [value, fields]] of Object.entries(wrong)) {
    it(`names ${what}`, async () => {
      const error = await assertRefused(() => parse(value), 'invalid_argument');
      assert.deepEqual(
        error.errors?.map(({ field }) => field),
        fields,
      );
      for (const { message } of error.errors ?? []) assert.ok(message.length > 0);
      assert.equal(error.message, `Check ${fields.join(', ')}.`);
    });
  }

  it('does not pollute any prototype', async () => {
    await assertRefused(
      () => parse(JSON.parse('{"__proto__":{"admin":true},"name":"a"}')),
      'invalid_argument',
    );
    assert.equal(({} as { admin?: boolean }).admin, undefined);
  });

  it('limits the list of errors for thousands of unknown fields', async () => {
    const flood = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, 1]));
    const error = await assertRefused(() => parse({ name: 'a', ...flood }), 'invalid_argument');
    const sent = JSON.stringify([error.message, error.errors]).length;
    assert.ok(sent < 20_000, `${sent} bytes`);
  });
});
