const {badDiscriminant,badLabel,bitsFromF32,bitsFromF64,blockingCall,callWords,cannotEnter,cannotLeave,cannotNest,canonicalNan,charFromCode,checkBorrows,checkLength,checkList,codeFromChar,f32FromBits,f64FromBits,giveBack,guestMemory,guestRep,loadBytes,loadFloats,loadLatin1OrUtf16,loadNumbers,loadUtf16,loadUtf8,narrowTag,stackFunction,storeBytes,storedBytes,storeFloats,storeLatin1OrUtf16,storeNumbers,storeUtf16,storeUtf8,suspendingImports,toIndex,uncatchable,widenTag}=abi;
const {store,guard,instances}=runtime;
const I0=instances[0],H0=I0.handles;
const I1=instances[1],H1=I1.handles;
const I2=instances[2],H2=I2.handles;
let lenders=[],scope,flat0,flat1,flat2,flat3,flat4,flat5,flat6,flat7,flat8,flat9,flat10,flat11,flat12,flat13,flat14,flat15,flat16;
const leaveAndThrow=error=>{guard.leave();throw error};
const suspending=suspendingImports(runtime,[{call:t0,params:["i64"],result:"i64"},{call:t1,params:["i64"],result:"i64"}]);
function t0(p0){try{guard.leave();if(!I1.mayLeave)cannotLeave();const a0=BigInt.asUintN(64,p0);const r=host0_(store,a0);if(r instanceof Promise)return (runtime.suspend(r,r=>{return r}),0n);guard.enter();return r;}catch(e){throw uncatchable(e)}}
const e0=new WebAssembly.Instance(modules[0],{[""]:{["wait"]:suspending[0]}}).exports;
yield {instance:0,exports:e0};
const c_12=e0["f"];
const b_14=blockingCall(runtime,c_12,["i64"],"i64");
function t1(p0){try{guard.leave();if(!I2.mayLeave)cannotLeave();const a0=BigInt.asUintN(64,p0);if(!I1.mayEnter)cannotEnter();I1.mayEnter=false;const p16=b_14.call(a0);if(b_14.done){b_14.done=false;const c=b_14.result;const r=BigInt.asUintN(64,c);I1.mayEnter=true;guard.enter();return r;}guard.leave();return (runtime.suspend(p16.then(c=>{b_14.done=false;const r=BigInt.asUintN(64,c);I1.mayEnter=true;return r;},leaveAndThrow),v=>v),0n);}catch(e){throw uncatchable(e)}}
const e1=new WebAssembly.Instance(modules[0],{[""]:{["wait"]:suspending[1]}}).exports;
yield {instance:1,exports:e1};
const words21=callWords();
const c_23=e1["f"];
const x_20=stackFunction(runtime,c_23,["i64"],"i64",(a0)=>{if(!I2.mayEnter||!I0.mayEnter)cannotEnter();I2.mayEnter=false;I0.mayEnter=false;words21.i64[0]=a0;},c=>{const r=BigInt.asUintN(64,c);I2.mayEnter=true;I0.mayEnter=true;return r});
return [x_20];
