// PDF files → how long PDFBox with Bouncy Castle takes to validate all their signatures, warm.
//
//   CP=/usr/share/java/pdfbox2.jar:/usr/share/java/fontbox2.jar:/usr/share/java/commons-logging.jar
//   CP=$CP:/usr/share/java/bcprov.jar:/usr/share/java/bcpkix.jar:/usr/share/java/bcutil.jar
//   java -XX:+UseSerialGC -cp $CP Pdfbox.java LIST ANCHOR.pem SECONDS
//
// Debian: libpdfbox2-java, libbcprov-java, libbcpkix-java, default-jdk-headless. Digest, signature
// and path to the anchor are checked; revocation and later changes are not. Warms up as long as it
// measures. Prints documents, how many verified, and processor seconds of the process, as JSON.
import java.io.*;
import java.nio.file.*;
import java.security.cert.*;
import java.util.*;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.PDSignature;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.*;
import org.bouncycastle.cms.*;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;

public class Pdfbox {
    static final JcaX509CertificateConverter CONVERTER = new JcaX509CertificateConverter();

    static boolean verify(byte[] bytes, Set<TrustAnchor> anchors) {
        try (PDDocument document = PDDocument.load(bytes)) {
            List<PDSignature> signatures = document.getSignatureDictionaries();
            for (PDSignature signature : signatures) {
                CMSProcessableByteArray content =
                    new CMSProcessableByteArray(signature.getSignedContent(bytes));
                CMSSignedData cms = new CMSSignedData(content, signature.getContents(bytes));
                SignerInformation signer = cms.getSignerInfos().getSigners().iterator().next();
                List<X509Certificate> all = new ArrayList<>();
                for (Object holder : cms.getCertificates().getMatches(null))
                    all.add(CONVERTER.getCertificate((X509CertificateHolder) holder));
                Object own = cms.getCertificates().getMatches(signer.getSID()).iterator().next();
                X509Certificate leaf = CONVERTER.getCertificate((X509CertificateHolder) own);
                if (!signer.verify(new JcaSimpleSignerInfoVerifierBuilder().build(leaf)))
                    return false;
                X509CertSelector target = new X509CertSelector();
                target.setCertificate(leaf);
                PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, target);
                parameters.setRevocationEnabled(false);
                parameters.addCertStore(
                    CertStore.getInstance("Collection", new CollectionCertStoreParameters(all)));
                CertPathBuilder.getInstance("PKIX").build(parameters);
            }
            return !signatures.isEmpty();
        } catch (Exception e) {
            return false;
        }
    }

    static double cpu() {
        return ((com.sun.management.OperatingSystemMXBean)
            java.lang.management.ManagementFactory.getOperatingSystemMXBean())
            .getProcessCpuTime() * 1e-9;
    }

    public static void main(String[] arguments) throws Exception {
        List<String> files = Files.readAllLines(Paths.get(arguments[0]));
        Set<TrustAnchor> anchors = new HashSet<>();
        try (InputStream pem = new FileInputStream(arguments[1])) {
            for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(pem))
                anchors.add(new TrustAnchor((X509Certificate) one, null));
        }
        double seconds = Double.parseDouble(arguments[2]);
        for (int round = 0; round < 2; round++) {
            long documents = 0, verified = 0, end = System.nanoTime() + (long) (seconds * 1e9);
            double begin = cpu();
            while (System.nanoTime() < end) {
                for (String file : files) {
                    documents++;
                    if (verify(Files.readAllBytes(Paths.get(file)), anchors)) verified++;
                    if (System.nanoTime() >= end) break;
                }
            }
            if (round == 1)
                System.out.printf(Locale.ROOT,
                    "{\"peer\":\"pdfbox\",\"documents\":%d,\"verified\":%d,\"cpu_seconds\":%.3f}%n",
                    documents, verified, cpu() - begin);
        }
    }
}
