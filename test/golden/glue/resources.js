const {store,guard,instances}=runtime;
const I0=instances[0],H0=I0.handles;
let lenders=[],scope,flat0,flat1,flat2,flat3,flat4,flat5,flat6,flat7,flat8,flat9,flat10,flat11,flat12,flat13,flat14,flat15,flat16;
const reserve=stackReserve();
const leaveAndThrow=error=>{guard.leave();throw error};
const suspending=suspendingImports(runtime,[]);
function t0(p0,p1){reserve(0);try{guard.leave();if(!I0.mayLeave)cannotLeave();const a0=H0.lend(R0_,p0>>>0,lenders);const a1=H0.takeOwn(R0_,p1>>>0);const mine=lenders;lenders=[];host1_(store,a0,a1);giveBack(mine);guard.enter();return undefined;}catch(e){throw uncatchable(e)}}
function t1(i){reserve(0);try{guard.leave();if(!I0.mayLeave)cannotLeave();const h=H0.drop(R0_,i>>>0);guard.enter()}catch(e){throw uncatchable(e)}}
const e0=new WebAssembly.Instance(modules[0],{"":{"call":t0,"drop":t1}}).exports;
yield {instance:0,exports:e0};
const c_16=e0["use"];
const x_12=function f_use_(a0,a1){let borrowed13;if(!I0.mayEnter)cannotEnter();I0.mayEnter=false;borrowed13=scope={borrows:0};const h14=H0.addBorrow(R0_,a0,scope);const h15=H0.addOwn(R0_,a1);guard.enter();c_16(h14,h15);guard.leave();checkBorrows(borrowed13);I0.mayEnter=true;return undefined;};
return [x_12];
