export { OriginError, InvalidRequestError, errorBodyOf } from './origin-error.ts';
export { answerOf, type ErrorAnswer } from './answers.ts';
