import { invalidArgument } from '../status.ts';
import { elementsOf, type Value } from '../value.ts';
import { type Field, toField } from './field.ts';
import type { Filter } from './structured-query.ts';

const OPERATORS = [
  'LESS_THAN',
  'LESS_THAN_OR_EQUAL',
  'GREATER_THAN',
  'GREATER_THAN_OR_EQUAL',
  'EQUAL',
  'NOT_EQUAL',
  'ARRAY_CONTAINS',
  'IN',
  'ARRAY_CONTAINS_ANY',
  'NOT_IN',
] as const;
export type Operator = (typeof OPERATORS)[number];

/** One comparison of a field with an operand. */
export interface Condition {
  readonly kind: 'condition';
  readonly field: Field;
  readonly operator: Operator;
  readonly operand: Value;
}

/** A filter in which unary filters are comparisons with null or NaN. */
export type FilterNode = Condition | { readonly kind: 'and' | 'or'; readonly filters: readonly FilterNode[] };

const INEQUALITIES: readonly Operator[] = [
  'LESS_THAN',
  'LESS_THAN_OR_EQUAL',
  'GREATER_THAN',
  'GREATER_THAN_OR_EQUAL',
  'NOT_EQUAL',
  'NOT_IN',
];

/** Whether the condition orders the results by its field. */
export const isInequality = ({ operator }: Condition) => INEQUALITIES.includes(operator);

const UNARY: Record<string, { operator: Operator; operand: Value }> = {
  IS_NULL: { operator: 'EQUAL', operand: { nullValue: 'NULL_VALUE' } },
  IS_NAN: { operator: 'EQUAL', operand: { doubleValue: Number.NaN } },
  IS_NOT_NULL: { operator: 'NOT_EQUAL', operand: { nullValue: 'NULL_VALUE' } },
  IS_NOT_NAN: { operator: 'NOT_EQUAL', operand: { doubleValue: Number.NaN } },
};

/** Converts a filter message. A missing filter is an empty AND. @throws FirestoreError INVALID_ARGUMENT */
export function toFilterNode(filter: Filter | null | undefined): FilterNode {
  if (!filter) return { kind: 'and', filters: [] };
  const { compositeFilter, fieldFilter, unaryFilter } = filter;
  if (compositeFilter) {
    const { op, filters = [] } = compositeFilter;
    if (op !== 'AND' && op !== 'OR') throw invalidArgument('A composite filter has no operator.');
    if (filters.length === 0) throw invalidArgument(`A composite filter ${op} has no filters.`);
    return { kind: op === 'AND' ? 'and' : 'or', filters: filters.map(toFilterNode) };
  }
  if (unaryFilter) {
    const unary = Object.hasOwn(UNARY, unaryFilter.op ?? '') ? UNARY[unaryFilter.op ?? ''] : undefined;
    if (!unary) throw invalidArgument('A unary filter has no operator.');
    return { kind: 'condition', field: toField(unaryFilter.field), ...unary };
  }
  if (!fieldFilter) throw invalidArgument('A filter is empty.');
  const operator = OPERATORS.find((known) => known === fieldFilter.op);
  if (!operator) throw invalidArgument('A field filter has no operator.');
  if (!fieldFilter.value) throw invalidArgument(`The field filter ${operator} has no value.`);
  return { kind: 'condition', field: toField(fieldFilter.field), operator, operand: fieldFilter.value };
}

/** All conditions of a filter, in their order. */
export const conditionsOf = (node: FilterNode): Condition[] =>
  node.kind === 'condition' ? [node] : node.filters.flatMap(conditionsOf);

/** The number of ANDs in the disjunctive normal form, without computing it. */
export function countDisjunctions(node: FilterNode): number {
  if (node.kind === 'condition') return expandList(node)?.length ?? 1;
  const counts = node.filters.map(countDisjunctions);
  return node.kind === 'and'
    ? counts.reduce((product, count) => product * count, 1)
    : counts.reduce((sum, count) => sum + count, 0);
}

/** The disjunctive normal form: an OR of ANDs, with IN and ARRAY_CONTAINS_ANY expanded. */
export function toDisjunctions(node: FilterNode): Condition[][] {
  if (node.kind === 'condition') return (expandList(node) ?? [node]).map((condition) => [condition]);
  if (node.kind === 'or') return node.filters.flatMap(toDisjunctions);
  return node.filters.reduce<Condition[][]>(
    (product, one) => product.flatMap((left) => toDisjunctions(one).map((right) => [...left, ...right])),
    [[]],
  );
}

function expandList({ kind, field, operator, operand }: Condition): Condition[] | undefined {
  if (operator !== 'IN' && operator !== 'ARRAY_CONTAINS_ANY') return undefined;
  const single = operator === 'IN' ? 'EQUAL' : 'ARRAY_CONTAINS';
  return elementsOf(operand).map((element) => ({ kind, field, operator: single, operand: element }));
}
