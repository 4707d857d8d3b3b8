const {store,guard,instances}=runtime;
const I0=instances[0],H0=I0.handles;
const I1=instances[1],H1=I1.handles;
const I2=instances[2],H2=I2.handles;
let lenders=[],scope,flat0,flat1,flat2,flat3,flat4,flat5,flat6,flat7,flat8,flat9,flat10,flat11,flat12,flat13,flat14,flat15,flat16;
const reserve=stackReserve();
const leaveAndThrow=error=>{guard.leave();throw error};
const suspending=suspendingImports(runtime,[{call:t0,params:["i64"],result:"i64"}]);
function t0(p0){try{guard.leave();if(!I1.mayLeave)cannotLeave();const a0=BigInt.asUintN(64,p0);const r=host0_(store,a0);if(r instanceof Promise)return (runtime.suspend(r,r=>{return r}),0n);guard.enter();return r;}catch(e){throw uncatchable(e)}}
const e0=new WebAssembly.Instance(modules[0],{"":{"wait":suspending[0]}}).exports;
yield {instance:0,exports:e0};
const t1=directCall(e0["f"],{"params":[{"kind":"whole","flat":"i64"}],"result":{"kind":"whole","flat":"i64"}},undefined,false);
const e1=new WebAssembly.Instance(modules[0],{"":{"wait":t1}}).exports;
yield {instance:1,exports:e1};
const words16=callWords();
const c_18=e1["f"];
const x_15=stackFunction(runtime,c_18,["i64"],"i64",(a0)=>{if(!I2.mayEnter||!I0.mayEnter)cannotEnter();I2.mayEnter=false;I0.mayEnter=false;words16.i64[0]=a0;},c=>{const r=BigInt.asUintN(64,c);I2.mayEnter=true;I0.mayEnter=true;return r});
return [x_15];
