import type { Fields } from './messages.ts';
import { parseFieldPath } from './path.ts';
import type { Value } from './value.ts';

/** The value at a path through nested maps, or `undefined`. */
export function getField(fields: Record<string, Value>, path: readonly string[]): Value | undefined {
  let current: Record<string, Value> | undefined = fields;
  let value: Value | undefined;
  for (const name of path) {
    if (current === undefined || !Object.hasOwn(current, name)) return undefined;
    value = current[name];
    current = value?.mapValue?.fields ?? undefined;
  }
  return value;
}

/** Returns a copy with the value at the path. A value on the way that is not a map is replaced by one. */
export function setField(fields: Fields, path: string[], value: Value): Fields {
  const [first, ...rest] = path;
  if (first === undefined) throw new Error('a field path has at least one segment');
  if (rest.length === 0) return { ...fields, [first]: value };
  return {
    ...fields,
    [first]: { mapValue: { fields: setField(nestedFields(fields, first) ?? {}, rest, value) } },
  };
}

/** Returns a copy without the value at the path. Keeps maps that become empty, and creates none. */
export function deleteField(fields: Fields, path: string[]): Fields {
  const [first, ...rest] = path;
  if (first === undefined || !Object.hasOwn(fields, first)) return fields;
  if (rest.length === 0) {
    const { [first]: _, ...others } = fields;
    return others;
  }
  const nested = nestedFields(fields, first);
  return nested ? { ...fields, [first]: { mapValue: { fields: deleteField(nested, rest) } } } : fields;
}

/** Returns `base` with the masked fields of `input`. Masked fields that `input` lacks are deleted. */
export function mergeFields(base: Fields, input: Fields, fieldPaths: string[]): Fields {
  return fieldPaths.map(parseFieldPath).reduce((merged, path) => {
    const value = getField(input, path);
    return value ? setField(merged, path, value) : deleteField(merged, path);
  }, base);
}

function nestedFields(fields: Fields, name: string): Fields | undefined {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return value?.mapValue ? (value.mapValue.fields ?? {}) : undefined;
}
