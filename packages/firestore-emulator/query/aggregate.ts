import type { StoredDocument } from '../document.ts';
import { checkFieldName } from '../path.ts';
import { invalidArgument } from '../status.ts';
import { isNaNValue, kindOf, numeric, type Value } from '../value.ts';
import { type Field, fieldValue, toField } from './field.ts';
import { compareDocuments, withFields } from './order.ts';
import { applyOffsetAndLimit, type CompiledQuery } from './run.ts';
import type { Aggregation } from './structured-query.ts';

const MAX_AGGREGATIONS = 5;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** The distinct fields that the aggregations read. A document without one of them is excluded from all aggregations. */
export function aggregatedFields(aggregations: readonly Aggregation[]): Field[] {
  const fields = aggregations
    .map(({ sum, avg }) => sum ?? avg)
    .filter((one) => one !== undefined && one !== null)
    .map(({ field }) => toField(field));
  if (fields.some(({ isName }) => isName)) {
    throw invalidArgument('Aggregations are not supported for the property: __key__');
  }
  return [...new Map(fields.map((field) => [field.key, field])).values()];
}

/**
 * Computes count, sum and average over a query's results, after offset and limit.
 *
 * @throws FirestoreError INVALID_ARGUMENT for none or more than 5 aggregations, a sum over a projection, an invalid alias, or `upTo` below 1
 */
export function aggregate(
  compiled: CompiledQuery,
  aggregations: readonly Aggregation[],
  documents: Iterable<StoredDocument>,
): Record<string, Value> {
  if (aggregations.length < 1 || aggregations.length > MAX_AGGREGATIONS) {
    throw invalidArgument(`A query has 1 to ${MAX_AGGREGATIONS} aggregations.`);
  }
  const aliases = aliasesOf(aggregations);
  const fields = aggregatedFields(aggregations);
  if (compiled.isProjected && fields.length > 0) {
    throw invalidArgument('Cannot apply property masks when aggregation fields are present.');
  }
  const isSorted = ({ key }: Field) => compiled.sorts.some(({ field }) => field.key === key);
  if (compiled.usesName && !fields.every(isSorted)) {
    throw invalidArgument('A query that uses __name__ needs an order by each aggregated field.');
  }
  const found = [...documents].filter(
    (document) =>
      compiled.matches(document) && fields.every((field) => fieldValue(document, field) !== undefined),
  );
  // The index that the query reads has the aggregated fields, and so its order.
  const sorts = withFields(compiled.sorts, fields);
  found.sort((a, b) => compareDocuments(a, b, sorts));
  const results = applyOffsetAndLimit(found, compiled.offset, compiled.limit);
  return Object.fromEntries(aggregations.map((one, i) => [aliases[i] ?? '', compute(one, results)]));
}

/** The default aliases are field_1, field_2, … (query.proto). */
function aliasesOf(aggregations: readonly Aggregation[]): string[] {
  let unnamed = 0;
  const names = aggregations.map(({ alias }) => alias || `field_${++unnamed}`);
  names.forEach(checkFieldName);
  if (new Set(names).size < names.length) throw invalidArgument('Aggregation aliases must be unique.');
  return names;
}

function compute({ count, sum, avg }: Aggregation, results: readonly StoredDocument[]): Value {
  if (count) {
    if (!count.upTo) return { integerValue: String(results.length) };
    const upTo = Number(count.upTo.value ?? 0);
    if (upTo < 1) throw invalidArgument('up_to must be greater than zero.');
    return { integerValue: String(Math.min(results.length, upTo)) };
  }
  const field = sum?.field ?? avg?.field;
  if (!field) throw invalidArgument('An aggregation has no operator.');
  const numbers = numbersOf(results, toField(field));
  if (sum) return sumOf(numbers);
  if (numbers.length === 0) return { nullValue: 'NULL_VALUE' };
  return { doubleValue: Number(numeric(sumOf(numbers))) / numbers.length };
}

const numbersOf = (results: readonly StoredDocument[], field: Field): Value[] =>
  results
    .map((document) => fieldValue(document, field))
    .filter((value): value is Value => value !== undefined && kindOf(value) === 'number');

/** An integer if all numbers are integers and the sum fits into int64, otherwise a double. */
function sumOf(numbers: readonly Value[]): Value {
  let whole = 0n;
  let rest = 0;
  for (const value of numbers) {
    const number = isNaNValue(value) ? Number.NaN : numeric(value);
    if (typeof number === 'bigint') whole += number;
    else rest += number;
  }
  const isExact = numbers.every(({ integerValue }) => integerValue !== undefined);
  if (isExact && whole >= INT64_MIN && whole <= INT64_MAX) return { integerValue: String(whole) };
  return { doubleValue: Number(whole) + rest };
}
