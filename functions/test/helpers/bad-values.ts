import assert from 'node:assert/strict';
import * as z from 'zod';

/** The parts of JSON Schema that inputs use. */
interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly not?: object;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

/** A value that a field refuses. */
export interface BadValue {
  /** Path of the field in the input. */
  readonly field: string;
  readonly value: unknown;
  /** What the message has to contain. */
  readonly says: readonly string[];
}

/** Fields of any text: an example would explain nothing. */
const FREE_TEXT = ['title', 'body', 'reason', 'auditReason', 'displayName'];

/** Bad values of every field of an input, from its schema: other types, beyond the bounds, other formats. */
export function badValuesOf(input: z.ZodType): BadValue[] {
  const schema = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }) as Schema;
  const resolve = (part: Schema): Schema =>
    part.$ref === undefined ? part : (schema.$defs?.[part.$ref.split('/').at(-1) ?? ''] ?? assert.fail());

  function ofField(path: readonly string[], unresolved: Schema): BadValue[] {
    const part = resolve(unresolved);
    const bad = (value: unknown, ...says: (string | number)[]): BadValue => ({
      field: path.join('.'),
      value: path.slice(1).reduceRight((inner, key) => (key === '0' ? [inner] : { [key]: inner }), value),
      says: says.map(String),
    });
    if (part.not !== undefined) return [bad('x', 'not supported')];
    const values = part.enum ?? (part.const === undefined ? undefined : [part.const]);
    if (values !== undefined) return [bad('nonsense', ...values)];
    if (part.type === 'boolean') return [bad('maybe', 'true or false')];
    if (part.type === 'integer') {
      const { minimum, maximum } = part;
      return [
        bad('many', 'whole number'),
        ...(minimum !== undefined && minimum >= -1 ? [bad(minimum - 1, minimum)] : []),
        ...(maximum !== undefined && maximum < 1e6 ? [bad(maximum + 1, maximum)] : []),
      ];
    }
    if (part.type === 'array') {
      return [bad('x', 'a list'), ...(part.items ? ofField([...path, '0'], part.items) : [])];
    }
    if (part.type === 'object') {
      const fields = Object.entries(part.properties ?? {});
      return [bad('x', 'an object'), ...fields.flatMap(([name, inner]) => ofField([...path, name], inner))];
    }
    assert.equal(part.type, 'string', `${path.join('.')} has a type that this test does not know`);
    const example = FREE_TEXT.includes(path.at(-1) ?? '') ? [] : ['e.g. '];
    return [
      bad(7, 'a text', ...example),
      ...(part.minLength === 1 ? [bad('', 1, ...example)] : []),
      ...(part.maxLength === undefined
        ? []
        : [bad(`${'x'.repeat(part.maxLength)}@example.com`, part.maxLength)]),
      ...(part.format === 'date-time' ? [bad('soon', 'RFC 3339', ...example)] : []),
      ...(part.format === 'email' ? [bad('ann', 'an e-mail address', ...example)] : []),
      ...(part.pattern === undefined || part.format ? [] : [bad('!', ...example)]),
    ];
  }

  return Object.entries(schema.properties ?? {}).flatMap(([name, part]) => ofField([name], part));
}
