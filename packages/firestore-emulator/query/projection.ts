import type { Value } from '../value.ts';

/**
 * The fields at the given paths, for a field mask or `select`. Paths without a value add nothing, so `__name__` alone
 * returns no fields.
 */
export function pickFields(
  fields: Record<string, Value>,
  paths: readonly (readonly string[])[],
): Record<string, Value> {
  const picked: Record<string, Value> = {};
  for (const [name, value] of Object.entries(fields)) {
    const below = paths.filter(([head]) => head === name).map(([, ...rest]) => rest);
    if (below.length === 0) continue;
    if (below.some((rest) => rest.length === 0)) {
      picked[name] = value;
    } else if (value.mapValue) {
      const inner = pickFields(value.mapValue.fields ?? {}, below);
      if (Object.keys(inner).length > 0) picked[name] = { ...value, mapValue: { fields: inner } };
    }
  }
  return picked;
}
