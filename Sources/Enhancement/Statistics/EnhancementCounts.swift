/// The numbers of `EnhancementStatistics` that the frame path counts: plain, so that counting allocates nothing.
struct EnhancementCounts {
  var frames = 0
  var silentFrames = 0
  var fallbackFrames = 0
  var noiseFrames = 0
  var referenceFrames = 0
  var referenceRefreshes = 0
  var conditionedFrames = 0
  var reducedFrames = 0
  var lateReferences = 0
  var inputEnergy = 0.0
  var outputEnergy = 0.0
  var noiseInputEnergy = 0.0
  var noiseOutputEnergy = 0.0
}
