import type { Fields } from './messages.ts';
import { parseFieldPath } from './path.ts';
import type { Value } from './value.ts';

/** The value at a path through nested maps, or undefined where the document has none. */
export function getField(fields: Record<string, Value>, path: readonly string[]): Value | undefined {
  let here: Record<string, Value> | undefined = fields;
  let value: Value | undefined;
  for (const name of path) {
    if (here === undefined || !Object.hasOwn(here, name)) return undefined;
    value = here[name];
    here = value?.mapValue?.fields ?? undefined;
  }
  return value;
}

/** A copy with the value at the path; what is in the way and not a map becomes one. */
export function setField(fields: Fields, path: string[], value: Value): Fields {
  const [first, ...rest] = path;
  if (first === undefined) throw new Error('a field path has at least one segment');
  if (rest.length === 0) return { ...fields, [first]: value };
  return { ...fields, [first]: { mapValue: { fields: setField(inner(fields, first) ?? {}, rest, value) } } };
}

/** A copy without the value at the path; maps on the way stay, empty if need be, and none is made. */
export function deleteField(fields: Fields, path: string[]): Fields {
  const [first, ...rest] = path;
  if (first === undefined || !Object.hasOwn(fields, first)) return fields;
  if (rest.length === 0) {
    const { [first]: _, ...others } = fields;
    return others;
  }
  const nested = inner(fields, first);
  return nested ? { ...fields, [first]: { mapValue: { fields: deleteField(nested, rest) } } } : fields;
}

/** `base` with the masked fields as `input` has them: those that it lacks are deleted. */
export function mergeFields(base: Fields, input: Fields, fieldPaths: string[]): Fields {
  return fieldPaths.map(parseFieldPath).reduce((merged, path) => {
    const value = getField(input, path);
    return value ? setField(merged, path, value) : deleteField(merged, path);
  }, base);
}

function inner(fields: Fields, name: string): Fields | undefined {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return value?.mapValue ? (value.mapValue.fields ?? {}) : undefined;
}
