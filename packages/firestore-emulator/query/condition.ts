import { toStoredElements } from '../limits.ts';
import { invalidArgument } from '../status.ts';
import { compareUtf8 } from '../utf8.ts';
import { elementsOf, isComparable, isNull, type Value } from '../value.ts';
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

/** Beyond this, even ANDs that are equal to others leave too many. */
const MAX_EXPANDED = 1000;

/** One comparison of a field with an operand. */
export interface Condition {
  readonly kind: 'condition';
  readonly field: Field;
  readonly operator: Operator;
  readonly operand: Value;
  /** IS_NULL and its like, which find null and NaN. The other comparisons with null or NaN do not. */
  readonly isUnary: boolean;
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

export const isInequality = ({ operator }: Condition) => INEQUALITIES.includes(operator);

/** Whether the condition orders the results by its field. One that no value satisfies does not. */
export function impliesOrder(condition: Condition): boolean {
  const { operator, operand, isUnary } = condition;
  if (!isInequality(condition)) return false;
  if (operator === 'NOT_IN') return !elementsOf(operand).every(isNull);
  return isUnary || (operator === 'NOT_EQUAL' ? !isNull(operand) : isComparable(operand));
}

/** An operator with an array of values as its operand. */
export const isListOperator = (operator: Operator) =>
  operator === 'IN' || operator === 'NOT_IN' || operator === 'ARRAY_CONTAINS_ANY';

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
    if (op !== 'AND' && op !== 'OR') throw invalidArgument('Unsupported CompositeFilter operator.');
    if (op === 'OR' && filters.length === 0) {
      throw invalidArgument('Composite filter must have at least one sub-filter.');
    }
    return { kind: op === 'AND' ? 'and' : 'or', filters: filters.map(toFilterNode) };
  }
  if (unaryFilter) {
    const unary = Object.hasOwn(UNARY, unaryFilter.op ?? '') ? UNARY[unaryFilter.op ?? ''] : undefined;
    if (!unary) throw invalidArgument('Unknown UnaryFilter operator.');
    return { kind: 'condition', field: toField(unaryFilter.field), isUnary: true, ...unary };
  }
  if (!fieldFilter) throw invalidArgument('Unknown Filter type.');
  const operator = OPERATORS.find((known) => known === fieldFilter.op);
  if (!operator) throw invalidArgument('Unknown FieldFilter operator.');
  const given = fieldFilter.value ?? {};
  const [stored = given] = toStoredElements([given], 'compare');
  // Like Google's emulator: only the values of a list are truncated to microseconds, as stored ones are.
  const operand = isListOperator(operator) ? stored : given;
  return { kind: 'condition', field: toField(fieldFilter.field), operator, operand, isUnary: false };
}

/** A text that is equal for equal filters. NaN and infinity have none in JSON. */
const keyOf = (filter: object) =>
  JSON.stringify(filter, (_, value) => (typeof value === 'number' ? String(value) : value));

/** Filters that are equal, and equal ANDs, count once. */
const distinct = <T extends object>(all: readonly T[]): T[] => [
  ...new Map(all.map((one) => [keyOf(one), one])).values(),
];

/** All conditions of a filter, in their order. */
export const conditionsOf = (node: FilterNode): Condition[] =>
  node.kind === 'condition' ? [node] : node.filters.flatMap(conditionsOf);

/**
 * The disjunctive normal form: an OR of ANDs, with IN and ARRAY_CONTAINS_ANY expanded.
 *
 * @returns `undefined` if it has many more than a query may have
 */
export function toDisjunctions(node: FilterNode): Condition[][] | undefined {
  if (node.kind === 'condition') return expandList(node).map((condition) => [condition]);
  const inner = distinct(node.filters).map(toDisjunctions);
  if (!inner.every((one) => one !== undefined)) return undefined;
  if (node.kind === 'or') return distinct(inner.flat());
  let product: Condition[][] = [[]];
  for (const ands of inner) {
    if (product.length * ands.length > MAX_EXPANDED) return undefined;
    product = distinct(product.flatMap((left) => ands.map((right) => union(left, right))));
  }
  return product;
}

/** An AND of both, in one order, so that equal ANDs are equal. */
const union = (left: readonly Condition[], right: readonly Condition[]) =>
  distinct([...left, ...right]).sort((a, b) => compareUtf8(keyOf(a), keyOf(b)));

function expandList(condition: Condition): Condition[] {
  const { operator, operand } = condition;
  if (operator !== 'IN' && operator !== 'ARRAY_CONTAINS_ANY') return [condition];
  const single = operator === 'IN' ? 'EQUAL' : 'ARRAY_CONTAINS';
  return distinct(
    elementsOf(operand).map((element) => ({ ...condition, operator: single, operand: element })),
  );
}
