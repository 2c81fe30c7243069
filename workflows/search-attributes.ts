import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import { searchAttributes as names } from '../src/model/names.js';

const keyword = (name: string) => {
  const key = defineSearchAttributeKey(name, 'KEYWORD');
  return (value: string): SearchAttributePair => ({ key, value });
};

/** Our search attributes with a value. They are set only where the input says that they are registered: an unregistered one hangs a workflow. */
export const searchAttributes = {
  cluster: keyword(names.cluster),
  instance: keyword(names.instance),
  phase: keyword(names.phase),
  outcome: keyword(names.outcome),
};
