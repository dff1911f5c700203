import type { StoredDocument } from '../document.ts';
import { compareValues, elementsOf, equalValues, isNaNValue, isNull, kindOf, type Value } from '../value.ts';
import type { Condition, FilterNode } from './condition.ts';
import { fieldValue } from './field.ts';

/** Whether a document satisfies a filter. */
export function satisfies(document: StoredDocument, node: FilterNode): boolean {
  if (node.kind === 'condition') {
    const value = fieldValue(document, node.field);
    return value !== undefined && meets(value, node);
  }
  const test = (one: FilterNode) => satisfies(document, one);
  return node.kind === 'and' ? node.filters.every(test) : node.filters.some(test);
}

/** A document without the field meets no condition on it, not even a negative one. */
function meets(value: Value, { operator, operand }: Condition): boolean {
  switch (operator) {
    case 'EQUAL':
      return equalValues(value, operand);
    case 'NOT_EQUAL':
      return !isNull(value) && !equalValues(value, operand);
    case 'IN':
      return isAmong(value, elementsOf(operand));
    case 'NOT_IN':
      return (
        !isNull(value) &&
        !elementsOf(operand).some((element) => isNull(element) || equalValues(value, element))
      );
    case 'ARRAY_CONTAINS':
      return containsAny(value, [operand]);
    case 'ARRAY_CONTAINS_ANY':
      return containsAny(value, elementsOf(operand));
    default:
      // A range never leaves the operand's kind: `> 5` finds no text.
      return kindOf(value) === kindOf(operand) && isInRange(compareValues(value, operand), operator);
  }
}

function isInRange(order: number, operator: Condition['operator']): boolean {
  if (operator === 'LESS_THAN') return order < 0;
  if (operator === 'LESS_THAN_OR_EQUAL') return order <= 0;
  return operator === 'GREATER_THAN' ? order > 0 : order >= 0;
}

/** In lists, null and NaN match nothing: Firestore finds those only by IS_NULL and IS_NAN. */
const isAmong = (value: Value, candidates: readonly Value[]) =>
  candidates.some(
    (candidate) => !isNull(candidate) && !isNaNValue(candidate) && equalValues(value, candidate),
  );

const containsAny = (value: Value, wanted: readonly Value[]) =>
  value.arrayValue !== undefined && elementsOf(value).some((element) => isAmong(element, wanted));
