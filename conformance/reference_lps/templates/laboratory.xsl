<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:c="urn:hl7-org:v3"
    xmlns:data="urn:asip-sante:ci-sis" exclude-result-prefixes="c data">
  <xsl:output method="html" encoding="UTF-8" indent="no"/>
  <xsl:template match="/">
    <xsl:apply-templates select="//c:ClinicalDocument"/>
  </xsl:template>
  <xsl:template match="c:ClinicalDocument">
    <html lang="fr">
      <head>
        <title><xsl:value-of select="c:title"/></title>
        <style>
          body { font-family: sans-serif; margin: 2em auto; max-width: 60em; }
          table { border-collapse: collapse; margin: 0.5em 0; } td, th { border: 1px solid #888; padding: 0.3em 0.6em; }
        </style>
      </head>
      <body>
        <h1><xsl:value-of select="c:title"/></h1>
        <p><strong><xsl:value-of select="c:custodian//c:name"/></strong></p>
        <xsl:apply-templates select="c:recordTarget/c:patientRole"/>
        <xsl:apply-templates select="c:legalAuthenticator"/>
        <xsl:if test="c:participant[@typeCode = 'REF']">
          <p>Demandeur : <xsl:apply-templates select="c:participant[@typeCode = 'REF']//c:associatedPerson/c:name"/></p>
        </xsl:if>
        <xsl:if test="c:informationRecipient">
          <p>Destinataires :
            <xsl:for-each select="c:informationRecipient/c:intendedRecipient">
              <xsl:if test="position() &gt; 1">, </xsl:if>
              <xsl:apply-templates select="c:informationRecipient/c:name"/>
            </xsl:for-each>
          </p>
        </xsl:if>
        <xsl:apply-templates select="c:component/c:structuredBody/c:component/c:section"/>
      </body>
    </html>
  </xsl:template>
  <xsl:template match="c:patientRole">
    <p>
      Patient : <xsl:value-of select="c:patient/c:name/c:family[@qualifier = 'BR']"/>
      <xsl:text> </xsl:text><xsl:value-of select="c:patient/c:name/c:given[not(@qualifier)]"/>,
      <xsl:value-of select="c:patient/c:administrativeGenderCode/@displayName"/>,
      né(e) le <xsl:call-template name="day"><xsl:with-param name="of" select="c:patient/c:birthTime/@value"/></xsl:call-template>
      <xsl:if test="c:id[starts-with(@root, '1.2.250.1.213.1.4.')]">, matricule INS
        <xsl:value-of select="c:id[starts-with(@root, '1.2.250.1.213.1.4.')]/@extension"/>
      </xsl:if>
    </p>
  </xsl:template>
  <xsl:template match="c:legalAuthenticator">
    <p>Validé le
      <xsl:call-template name="day"><xsl:with-param name="of" select="c:time/@value"/></xsl:call-template>
      par <xsl:apply-templates select=".//c:assignedPerson/c:name"/>
    </p>
  </xsl:template>
  <xsl:template match="c:name">
    <xsl:value-of select="c:suffix"/><xsl:text> </xsl:text>
    <xsl:value-of select="c:given"/><xsl:text> </xsl:text><xsl:value-of select="c:family"/>
  </xsl:template>
  <xsl:template match="c:section">
    <h2><xsl:value-of select="c:title"/></h2>
    <xsl:apply-templates select="c:text"/>
    <xsl:apply-templates select="c:component/c:section"/>
  </xsl:template>
  <xsl:template match="c:text | c:content"><xsl:apply-templates/></xsl:template>
  <xsl:template match="c:renderMultiMedia">(fichier joint)</xsl:template>
  <xsl:template match="c:paragraph"><p><xsl:apply-templates/></p></xsl:template>
  <xsl:template match="c:br"><br/></xsl:template>
  <xsl:template match="c:table | c:thead | c:tbody | c:tr | c:th | c:td">
    <xsl:element name="{local-name()}"><xsl:apply-templates/></xsl:element>
  </xsl:template>
  <xsl:template name="day">
    <xsl:param name="of"/>
    <xsl:value-of select="concat(substring($of, 7, 2), '/', substring($of, 5, 2), '/', substring($of, 1, 4))"/>
  </xsl:template>
</xsl:stylesheet>
