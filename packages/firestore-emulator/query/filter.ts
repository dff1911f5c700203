import type { StoredDocument } from '../document.ts';
import {
  compareValues,
  elementsOf,
  equalValues,
  isComparable,
  isNull,
  kindOf,
  type Value,
} from '../value.ts';
import type { Condition, FilterNode } from './condition.ts';
import { fieldValue } from './field.ts';

/** Whether a document satisfies a filter. */
export function matchesFilter(document: StoredDocument, node: FilterNode): boolean {
  if (node.kind === 'condition') {
    const value = fieldValue(document, node.field);
    return value !== undefined && matchesCondition(value, node);
  }
  const test = (one: FilterNode) => matchesFilter(document, one);
  return node.kind === 'and' ? node.filters.every(test) : node.filters.some(test);
}

/** Called only if the document has the field: without it no condition matches, not even a negative one. */
function matchesCondition(value: Value, { operator, operand, isUnary }: Condition): boolean {
  switch (operator) {
    case 'EQUAL':
      return isUnary ? equalValues(value, operand) : isEqual(value, operand);
    case 'NOT_EQUAL':
      return isUnary ? !isNull(value) && !equalValues(value, operand) : isDifferent(value, operand);
    case 'IN':
      return isInList(value, elementsOf(operand));
    case 'NOT_IN':
      return elementsOf(operand).every((element) => isDifferent(value, element));
    case 'ARRAY_CONTAINS':
      return containsAny(value, [operand]);
    case 'ARRAY_CONTAINS_ANY':
      return containsAny(value, elementsOf(operand));
    default:
      // A range matches only values of the operand's type: `> 5` matches no string.
      return (
        kindOf(value) === kindOf(operand) &&
        isComparable(value) &&
        isComparable(operand) &&
        isInRange(compareValues(value, operand), operator)
      );
  }
}

function isInRange(order: number, operator: Condition['operator']): boolean {
  if (operator === 'LESS_THAN') return order < 0;
  if (operator === 'LESS_THAN_OR_EQUAL') return order <= 0;
  return operator === 'GREATER_THAN' ? order > 0 : order >= 0;
}

const isEqual = (value: Value, operand: Value) => isComparable(operand) && equalValues(value, operand);

/** Nothing differs from null, and null from nothing. Everything else differs from NaN. */
const isDifferent = (value: Value, operand: Value) =>
  !isNull(value) && !isNull(operand) && !isEqual(value, operand);

const isInList = (value: Value, candidates: readonly Value[]) =>
  candidates.some((candidate) => isEqual(value, candidate));

const containsAny = (value: Value, wanted: readonly Value[]) =>
  value.arrayValue !== undefined && elementsOf(value).some((element) => isInList(element, wanted));
