// engine/link/glue/async-abi.ts: what emitted code of components with the asynchronous ABI calls beside GLUE_ABI.
import {
  contextGet,
  contextSet,
  returning,
  taskCancel,
  threadIndex,
  threadNew,
  threadPromote,
  threadResumeLater,
  threadSuspend,
  threadSwitch,
  threadYield,
} from '../../async/builtins.ts'
import {copy, copyCancel, copyDrop, copyNew, liftSide, lowerSide} from '../../async/copy-end.ts'
import {plainCall, stackCall} from '../../async/core-call.ts'
import {
  errorContextAt,
  errorContextDebugMessage,
  errorContextDrop,
  errorContextNew,
} from '../../async/error-context.ts'
import {errorContextFromHost, fromHost, toHost} from '../../async/host-border.ts'
import {hostFunc} from '../../async/host-function.ts'
import {lift, startThread} from '../../async/lift.ts'
import {lower, subtaskCancel, subtaskDrop} from '../../async/subtask.ts'
import {taskFunction} from '../../async/task-function.ts'
import {
  waitableJoin,
  waitableSetDrop,
  waitableSetNew,
  waitableSetPoll,
  waitableSetWait,
} from '../../async/waitable-set.ts'
import {threadStart} from '../thread-start.ts'
import {GLUE_ABI} from './abi.ts'

export const ASYNC_GLUE_ABI = {
  ...GLUE_ABI,
  contextGet,
  contextSet,
  returning,
  taskCancel,
  threadIndex,
  threadNew,
  threadPromote,
  threadResumeLater,
  threadSuspend,
  threadSwitch,
  threadYield,
  copy,
  copyCancel,
  copyDrop,
  copyNew,
  liftSide,
  lowerSide,
  plainCall,
  stackCall,
  errorContextAt,
  errorContextDebugMessage,
  errorContextDrop,
  errorContextFromHost,
  errorContextNew,
  fromHost,
  toHost,
  hostFunc,
  lift,
  lower,
  startThread,
  subtaskCancel,
  subtaskDrop,
  taskFunction,
  waitableJoin,
  waitableSetDrop,
  waitableSetNew,
  waitableSetPoll,
  waitableSetWait,
  threadStart,
} as const
